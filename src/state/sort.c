#include "state/sort.h"

#include <string.h>

typedef bool less_function(const void *context, uint32_t a, uint32_t b);

#define RUN 16 /* shorter pieces are sorted by insertion */

ALWAYS_INLINE bool item_less(struct sort_item a,
                             struct sort_item b,
                             less_function *less,
                             const void *context)
{
    if (likely(a.prefix != b.prefix)) return a.prefix < b.prefix;
    return less(context, a.index, b.index);
}

static void sort_run(struct sort_item *items,
                     size_t count,
                     less_function *less,
                     const void *context)
{
    for (size_t i = 1; i < count; i++) {
        struct sort_item item = items[i];
        size_t j = i;
        for (; j > 0 && item_less(item, items[j - 1], less, context); j--)
            items[j] = items[j - 1];
        items[j] = item;
    }
}

/* from[0, middle) and from[middle, count) into `to`. */
static void merge(struct sort_item *to,
                  const struct sort_item *from,
                  size_t middle,
                  size_t count,
                  less_function *less,
                  const void *context)
{
    size_t a = 0, b = middle;
    for (size_t i = 0; i < count; i++) {
        bool take_b = a == middle || (b < count && item_less(from[b], from[a], less, context));
        to[i] = take_b ? from[b++] : from[a++];
    }
}

void sort_items(struct sort_item *items,
                size_t count,
                struct sort_item *spare,
                less_function *less,
                const void *context)
{
    for (size_t i = 0; i < count; i += RUN)
        sort_run(items + i, count - i < RUN ? count - i : RUN, less, context);

    struct sort_item *from = items, *to = spare;
    for (size_t width = RUN; width < count; width *= 2) {
        for (size_t i = 0; i < count; i += 2 * width) {
            size_t size = count - i < 2 * width ? count - i : 2 * width;
            size_t middle = size < width ? size : width;
            merge(to + i, from + i, middle, size, less, context);
        }
        struct sort_item *swap = from;
        from = to;
        to = swap;
    }
    if (from != items) memcpy(items, from, count * sizeof *items);
}
