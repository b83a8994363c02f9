#include "cli/suite.h"

#include "base/heap.h"
#include "chain/chain.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "fixture/field.h"
#include "fixture/input.h"
#include "fixture/json_write.h"
#include "sync/cpu_count.h"
#include "sync/team.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_CHUNK ((size_t)1 << 20)
#define NAME_SIZE   512

#define SUITE_WORKERS_MAX 32 /* for each job */

/* What a part of a test told. */
struct told {
    char *text;
    size_t size;
};

/* A file whose tests are being run. */
struct suite_file {
    struct suite_file *next; /* the file after this one */
    struct input_file input;
    struct arena arena;      /* the tree */
    const struct json *test; /* the next to be taken; NULL: none is left */
    size_t part;             /* of it */
    size_t part_count, taken, done;
    bool is_loaded; /* read and parsed; before that it only keeps its place in the order */
    struct told *told;
};

struct suite {
    const struct suite_kind *kind;
    struct suite_options options;
    bool has_regex;
    regex_t regex;
    struct input *input;

    pthread_mutex_t lock;
    pthread_cond_t loaded;           /* a file was loaded, or there will be none */
    struct suite_file *first, *last; /* in the order of the input */
    bool input_ended;
    unsigned loading;
    uint64_t passed, failed, skipped;
    enum exit_code worst; /* of what could not be read or run */
    struct progress progress;
};

/* ---- telling ---- */

static void tell_json(struct suite_report *report, const struct suite_case *result)
{
    static const char *const verdicts[] = {"passed", "failed", "skipped"};
    struct json_writer json;
    json_writer_init(&json, report->out);
    json_open(&json, '{');
    json_key(&json, "test");
    json_text(&json, result->test);
    json_key(&json, "fork");
    json_text(&json, result->fork);
    if (result->has_index) {
        json_key(&json, "index");
        json_number(&json, result->index);
    }
    json_key(&json, "ok");
    json_bool(&json, result->verdict != VERDICT_FAILED);
    json_key(&json, "verdict");
    json_text(&json, verdicts[result->verdict]);
    if (result->what != NULL) {
        json_key(&json, result->verdict == VERDICT_SKIPPED ? "reason" : "what");
        json_text(&json, result->what);
    }
    if (result->expected[0] != 0) {
        json_key(&json, "expected");
        json_text(&json, result->expected);
    }
    if (result->got[0] != 0) {
        json_key(&json, "got");
        json_text(&json, result->got);
    }
    if (result->details != NULL) {
        json_key(&json, "details");
        json_text(&json, result->details);
    }
    json_key(&json, "gas_used");
    json_number(&json, result->gas_used);
    json_key(&json, "file");
    json_text(&json, report->file);
    json_close(&json, '}');
}

static void tell_text(struct suite_report *report, const struct suite_case *result)
{
    FILE *out = report->out;
    fprintf(out, "FAILED %s, %s", result->test, result->fork);
    if (result->has_index) fprintf(out, ", index %zu", result->index);
    fprintf(out, " (%s)\n", report->file);
    if (result->expected[0] == 0) {
        fprintf(out, "    %s: %s\n", result->what, result->got);
    } else {
        fprintf(out, "    %s: expected %s\n", result->what, result->expected);
        fprintf(out, "    %*s  got %s\n", (int)strlen(result->what) + 5, "", result->got);
    }
    if (result->details != NULL) fputs(result->details, out);
}

void suite_tell(struct suite_report *report, const struct suite_case *result)
{
    uint64_t *const counts[] = {&report->passed, &report->failed, &report->skipped};
    ++*counts[result->verdict];
    if (report->options->json)
        tell_json(report, result);
    else if (result->verdict == VERDICT_FAILED)
        tell_text(report, result);
}

static void tell_problem(struct suite_report *report, const char *test, const struct error *error)
{
    struct suite_case result = {
        .verdict = VERDICT_FAILED, .test = test, .fork = "", .what = "cannot be run"};
    snprintf(result.got, sizeof result.got, "%.*s", (int)sizeof result.got - 1, error->text);
    if (report->options->json) {
        suite_tell(report, &result);
        return;
    }
    report->failed++;
    fprintf(report->out,
            "FAILED %s%s%s: %s\n",
            report->file,
            test[0] == 0 ? "" : ": ",
            test,
            error->text);
}

/* ---- files, all under the lock ---- */

static void count(struct suite *suite, const struct suite_report *report)
{
    suite->passed += report->passed;
    suite->failed += report->failed;
    suite->skipped += report->skipped;
}

static void file_free(struct suite_file *file)
{
    for (size_t i = 0; i < file->part_count && file->told != NULL; i++)
        free(file->told[i].text); /* open_memstream took it from the C library */
    heap_free(file->told);
    input_file_fini(&file->input);
    arena_fini(&file->arena);
    heap_free(file);
}

/* Files that are done and have no unfinished one before them: print and forget them. */
static void flush_files(struct suite *suite)
{
    while (suite->first != NULL && suite->first->is_loaded &&
           suite->first->done == suite->first->part_count) { /* ends: the list gets shorter */
        struct suite_file *file = suite->first;
        for (size_t i = 0; i < file->part_count; i++) {
            if (file->told[i].size == 0) continue;
            progress_hide(&suite->progress);
            fwrite(file->told[i].text, 1, file->told[i].size, stdout);
        }
        suite->first = file->next;
        if (suite->first == NULL) suite->last = NULL;
        file_free(file);
    }
    char words[96];
    snprintf(words,
             sizeof words,
             "%" PRIu64 " passed, %" PRIu64 " failed",
             suite->passed,
             suite->failed);
    progress_show(&suite->progress, input_progress(suite->input), words);
}

static void note_problem(struct suite *suite, enum pevm_status status)
{
    enum exit_code code = exit_code_of(status);
    if (code > suite->worst) suite->worst = code;
}

/* A file that cannot be read or is no object of tests: its only test is the problem. */
static void file_set_problem(struct suite *suite,
                             struct suite_file *file,
                             const struct error *error)
{
    struct suite_report report = {.options = &suite->options, .file = ""};
    file->part_count = 1;
    file->told = heap_alloc_zeroed(1, sizeof *file->told);
    report.out = file->told == NULL ? NULL : open_memstream(&file->told->text, &file->told->size);
    if (report.out == NULL) {
        report.failed = 1;
        file->part_count = 0;
    } else {
        tell_problem(&report, "", error);
        fclose(report.out);
        file->done = 1;
    }
    count(suite, &report);
    note_problem(suite, error->status);
}

static size_t parts_of(const struct suite_kind *kind, const struct json *test)
{
    return kind->parts == NULL ? 1 : kind->parts(test);
}

static enum pevm_status parse_file(const struct suite_kind *kind,
                                   struct suite_file *file,
                                   const struct json **root,
                                   struct error *error)
{
    struct bytes text = bytes_of(file->input.data, file->input.size);
    enum pevm_status status = json_parse(root, text, &file->arena, error);
    if (status == PEVM_OK) status = value_kind(*root, JSON_OBJECT, "tests", error);
    if (status != PEVM_OK) {
        error_prefix(error, "%s", file->input.name);
        return status;
    }
    for (const struct json *test = (*root)->first; test != NULL; test = test->next)
        file->part_count += parts_of(kind, test);
    file->told = heap_alloc_zeroed(file->part_count, sizeof *file->told);
    return file->told == NULL ? error_set(error, PEVM_NO_MEMORY, "out of memory") : PEVM_OK;
}

/* Read and parse the next file; called and left with the lock held, which is given up while parsing. */
static void load_file(struct suite *suite)
{
    struct error error = {0};
    bool found = false;
    struct suite_file *file = heap_alloc_zeroed(1, sizeof *file);
    if (file == NULL) {
        suite->input_ended = true;
        note_problem(suite, PEVM_NO_MEMORY);
        return;
    }
    arena_init(&file->arena, ARENA_CHUNK, 0);
    enum pevm_status status = input_next(suite->input, &file->input, &found, &error);
    if (status == PEVM_OK && !found) {
        suite->input_ended = true;
        file_free(file);
        return;
    }
    *(suite->last == NULL ? &suite->first : &suite->last->next) = file;
    suite->last = file;
    suite->loading++;
    pthread_mutex_unlock(&suite->lock);

    const struct json *root = NULL;
    if (status == PEVM_OK) status = parse_file(suite->kind, file, &root, &error);

    pthread_mutex_lock(&suite->lock);
    suite->loading--;
    file->is_loaded = true;
    if (status == PEVM_OK)
        file->test = root->first;
    else
        file_set_problem(suite, file, &error);
    flush_files(suite);
}

static struct suite_file *file_with_tests(const struct suite *suite)
{
    for (struct suite_file *file = suite->first; file != NULL; file = file->next)
        if (file->is_loaded && file->test != NULL) return file;
    return NULL;
}

/* ---- running ---- */

static bool is_selected(const struct suite *suite, const struct suite_file *file, const char *name)
{
    if (!suite->has_regex) return true;
    return regexec(&suite->regex, name, 0, NULL, 0) == 0 ||
           regexec(&suite->regex, file->input.member, 0, NULL, 0) == 0;
}

/* Run the next part of the file's tests; called and left with the lock held, which is given up while it runs. */
static void run_part(struct suite *suite, struct suite_file *file, void *runner)
{
    const struct json *test = file->test;
    size_t part = file->part;
    struct told *told = &file->told[file->taken++];
    if (++file->part == parts_of(suite->kind, test)) {
        file->test = test->next;
        file->part = 0;
    }
    pthread_mutex_unlock(&suite->lock);

    char name[NAME_SIZE];
    struct error error = {0};
    struct suite_report report = {.options = &suite->options, .file = file->input.member};
    snprintf(name, sizeof name, "%.*s", (int)test->key.size, (const char *)test->key.data);
    enum pevm_status status = PEVM_OK;
    if (is_selected(suite, file, name)) {
        report.out = open_memstream(&told->text, &told->size);
        status = report.out == NULL ? error_set(&error, PEVM_NO_MEMORY, "out of memory")
                                    : suite->kind->run(runner, test, part, &report, &error);
        if (status != PEVM_OK && report.out != NULL) tell_problem(&report, name, &error);
        if (report.out != NULL) fclose(report.out);
    }

    pthread_mutex_lock(&suite->lock);
    if (status != PEVM_OK) note_problem(suite, status);
    count(suite, &report);
    file->done++;
    flush_files(suite);
}

static void job_run(unsigned job, void *context)
{
    (void)job;
    struct suite *suite = context;
    struct error error = {0};
    void *runner;
    enum pevm_status status = suite->kind->runner_new(&runner, &suite->options, &error);
    pthread_mutex_lock(&suite->lock);
    if (status != PEVM_OK) {
        note_problem(suite, status);
        fprintf(stderr, "pevm %s: %s\n", suite->kind->name, error.text);
    }
    while (status == PEVM_OK) { /* ends: files and their tests run out */
        struct suite_file *file = file_with_tests(suite);
        if (file != NULL) {
            run_part(suite, file, runner);
        } else if (!suite->input_ended) {
            load_file(suite);
            pthread_cond_broadcast(&suite->loaded);
        } else if (suite->loading > 0) {
            pthread_cond_wait(&suite->loaded, &suite->lock);
        } else {
            break;
        }
    }
    pthread_mutex_unlock(&suite->lock);
    if (status == PEVM_OK) suite->kind->runner_free(runner);
}

/* ---- the command ---- */

static enum exit_code close_suite(struct suite *suite)
{
    FILE *to = suite->options.json ? stderr : stdout;
    progress_end(&suite->progress);
    fprintf(to, "%" PRIu64 " passed, %" PRIu64 " failed", suite->passed, suite->failed);
    if (suite->skipped > 0) fprintf(to, ", %" PRIu64 " skipped", suite->skipped);
    fputs("\n", to);
    if (suite->worst != EXIT_DONE) return suite->worst;
    if (suite->failed > 0) return EXIT_FAILED;
    if (suite->passed + suite->skipped > 0) return EXIT_DONE;
    fprintf(stderr, "pevm %s: no case was run: nothing matches\n", suite->kind->name);
    return EXIT_FAILED;
}

static enum exit_code run_suite(struct suite *suite, const struct arguments *arguments)
{
    struct error error = {0};
    struct team *team;
    enum pevm_status status =
        input_open(&suite->input, arguments->operands, arguments->operand_count, ".json", &error);
    if (status == PEVM_OK) status = team_new(&team, (unsigned)suite->options.jobs, NULL, &error);
    if (status != PEVM_OK) {
        fprintf(stderr, "pevm %s: %s\n", suite->kind->name, error.text);
        input_close(suite->input);
        return exit_code_of(status);
    }
    progress_begin(&suite->progress, suite->kind->name);
    team_run(team, job_run, suite);
    team_free(team);
    ASSERT(suite->first == NULL || suite->worst != EXIT_DONE); /* all were flushed */
    while (suite->first != NULL) { /* ends: the list gets shorter; no runner could be made */
        struct suite_file *file = suite->first;
        suite->first = file->next;
        file_free(file);
    }
    input_close(suite->input);
    return close_suite(suite);
}

static bool prepare(struct suite *suite,
                    const struct command_spec *spec,
                    struct arguments *arguments,
                    int argc,
                    char **argv)
{
    struct suite_options *options = &suite->options;
    if (!options_parse(spec, argc, argv, arguments)) return false;
    arguments->exit_code = EXIT_USAGE;
    if (arguments->operand_count == 0) {
        (void)usage_error(spec, "which tests? Name a file, a directory or an archive");
        return false;
    }
    struct chain chain;
    enum fork fork;
    if (options->fork != NULL && !fork_by_name(&fork, options->fork) &&
        chain_by_network(&chain, options->fork, NULL) != PEVM_OK) {
        (void)usage_error(spec, "--fork: \"%s\" is not known", options->fork);
        return false;
    }
    if (options->run != NULL) {
        char words[128];
        int code = regcomp(&suite->regex, options->run, REG_EXTENDED | REG_NOSUB);
        if (code != 0) {
            regerror(code, &suite->regex, words, sizeof words);
            (void)usage_error(spec, "--run: \"%s\": %s", options->run, words);
            return false;
        }
        suite->has_regex = true;
    }
    if (options->jobs == 0) options->jobs = cpu_count_default();
    if (options->trace) options->jobs = 1;
    return true;
}

int suite_command(const struct suite_kind *kind, int argc, char **argv)
{
    struct suite suite = {
        .kind = kind, .lock = PTHREAD_MUTEX_INITIALIZER, .loaded = PTHREAD_COND_INITIALIZER};
    struct suite_options *options = &suite.options;
    const struct option_spec specs[] = {
        OPTION_TEXT("fork", "NAME", &options->fork, "only this fork or network"),
        OPTION_TEXT("run", "REGEX", &options->run, "only tests whose name or file matches"),
        OPTION_COUNT("workers",
                     "N",
                     &options->workers,
                     1,
                     SUITE_WORKERS_MAX,
                     "execute on so many workers, too, and compare bit for bit"),
        OPTION_COUNT("jobs",
                     "N",
                     &options->jobs,
                     1,
                     TEAM_WORKERS_MAX,
                     "tests side by side (the processors we may use, at most 16)"),
        OPTION_FLAG("json", &options->json, "an object per case on stdout, nothing else"),
        OPTION_FLAG("trace", &options->trace, "every instruction on stderr (EIP-3155); one job"),
    };
    const struct command_spec spec = {kind->name, "PATH...", kind->about, specs, COUNT_OF(specs)};
    struct arguments arguments;
    enum exit_code code;
    if (prepare(&suite, &spec, &arguments, argc, argv))
        code = run_suite(&suite, &arguments);
    else
        code = arguments.exit_code;
    if (suite.has_regex) regfree(&suite.regex);
    return (int)code;
}
