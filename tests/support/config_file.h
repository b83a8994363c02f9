/* config_file.h - configurations as texts: a file, variables, what came of them. */
#pragma once

#include "config/config.h"

struct config_trial {
    const char *yaml;             /* NULL: no file */
    const char *const *variables; /* NULL at the end; NULL: none */
    const char *setting;          /* NULL: none */
    char warnings[1024];          /* filled in, one per line */
    struct config config;
    struct error error; /* the file is called "FILE" in it */
};

enum pevm_status config_try(struct config_trial *trial);

/* Loads and fails the test if it cannot. */
const struct config *config_of(struct config_trial *trial);
