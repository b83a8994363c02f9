#include "sync/weave_hook.h"

#include <stddef.h>

const struct weave_driver *weave_driver = NULL;
