/* verify: full - the tries beside the state, and the root of each block. */
#include "base/log.h"
#include "service/service_private.h"
#include "store/store_trie_build.h"

#include <inttypes.h>

#define BUILD_MEMORY ((size_t)256 << 20)

static bool tell_build(void *context, const struct trie_build_progress *progress)
{
    static struct log_pace pace;
    struct service *service = context;
    board_tick(&service->board);
    LOG_PACED(&pace,
              LOG_LEVEL_INFO,
              "building the state tries",
              LOG_TEXT("phase", progress->is_scanning ? "reading" : "hashing"),
              LOG_U64("done", progress->done),
              LOG_U64("total", progress->total));
    return !life_is_stopping(&service->life) && leader_token(service->leader) != 0;
}

/* Once, after an import, or when blocks were committed with verify: header before. */
static enum pevm_status build(struct service *service,
                              const struct exec_progress *progress,
                              struct error *error)
{
    struct header header;
    hash32 root;
    struct trie_build_options options = {.style = service->committer.options.style,
                                         .folder = service->executor.folder,
                                         .memory_bytes = BUILD_MEMORY,
                                         .token = service->token,
                                         .tell = tell_build,
                                         .context = service};
    arena_reset(&service->arena);
    enum pevm_status status = look_at_header(service, progress->number, &header, error);
    if (status == PEVM_OK)
        options.root = &header.state_root;
    else if (status != PEVM_NOT_FOUND) /* the state was imported: the first block will tell */
        return status;
    LOG_INFO("the store has no state tries of its last block: building them",
             LOG_U64("number", progress->number));
    TRY(store_trie_build(service->store, &options, progress, &root, error));
    LOG_INFO("the state tries are built", LOG_U64("number", progress->number));
    return PEVM_OK;
}

enum pevm_status loop_stand_on_trie(struct service *service,
                                    const struct exec_progress *progress,
                                    struct error *error)
{
    if (service->trie == NULL) return PEVM_OK;
    enum pevm_status status = store_trie_begin(service->trie, progress, error);
    if (status != PEVM_NOT_FOUND) return status;
    TRY(build(service, progress, error));
    return store_trie_begin(service->trie, progress, error);
}
