/* build_info.h - what this binary was made of and with (cmake/build_info.cmake writes the facts). */
#pragma once

struct build_info {
    const char *version,
        *commit; /* commit: "unknown" outside of a repository; "+" when files were changed */
    const char *compiler, *flags, *build_type;
    const char *libraries; /* "gmp 6.2.1, libcrypto 3.0.15, ..." */
};

extern const struct build_info build_info;

/* "AMD EPYC ...", as the system calls the processor; static. */
const char *machine_name(void);
