#include "config/config_private.h"
#include "support/config_file.h"
#include "support/test.h"

#include <stdlib.h>

static char text[1 << 17];

static void read_back(FILE *file)
{
    rewind(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    text[size] = 0;
    CHECK(size < sizeof text - 1);
    fclose(file);
}

static void dump(const struct config *config)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    config_dump(config, file);
    read_back(file);
}

TEST(what_is_dumped_loads_again_as_the_same)
{
    static const char *const variables[] = {"EVM_EXECUTOR_LOGGING_FILE=a \"b\" \\c", NULL};
    struct config_trial trial = {.yaml = "preset: throughput\nexecution:\n  batch_size: 77\n"
                                         "engine:\n  task_timeout: 1500ms\n",
                                 .variables = variables};
    (void)config_of(&trial);
    dump(&trial.config);
    struct config_trial again = {.yaml = text};
    (void)config_of(&again);
    for (unsigned i = 0; i < CONFIG_KEY_COUNT; i++) {
        char one[CONFIG_VALUE_SIZE], other[CONFIG_VALUE_SIZE];
        CHECK_TEXT(config_print(one, &trial.config, (enum config_key)i),
                   config_print(other, &again.config, (enum config_key)i));
    }
}

TEST(a_dump_says_where_values_come_from_and_hides_secrets)
{
    static const char *const variables[] = {"PEVM_LOG_LEVEL=warn", NULL};
    struct config_trial trial = {.yaml = "storage:\n  pika:\n    password: sesame\n",
                                 .variables = variables};
    dump(config_of(&trial));
    CHECK(strstr(text, "sesame") == NULL);
    CHECK(strstr(text, "\nstorage:\n  kind: lmdb ") != NULL);
    CHECK(strstr(text, "\n    # password: (hidden)                     # file, line 3\n") != NULL);
    CHECK(strstr(text, "\n  level: warn                                # PEVM_ variable\n") !=
          NULL);
    CHECK(strstr(text,
                 "\n  tx_executor:\n    worker_count: 0                          # default\n") !=
          NULL);
}

TEST(the_manual_page_is_that_of_the_table)
{
    static char page[1 << 17];
    FILE *file = fopen(PEVM_DOCS "/man/pevm.yaml.5", "rb");
    if (file == NULL)
        fail_msg("docs/man/pevm.yaml.5 is missing: pevm config man > docs/man/pevm.yaml.5");
    size_t size = fread(page, 1, sizeof page - 1, file);
    page[size] = 0;
    fclose(file);
    FILE *made = tmpfile();
    assert_non_null(made);
    config_man(made);
    read_back(made);
    if (strcmp(page, text) != 0)
        fail_msg("docs/man/pevm.yaml.5 is stale: pevm config man > docs/man/pevm.yaml.5");
}
