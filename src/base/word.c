#include "base/word.h"

#include <stddef.h>
#include <string.h>

#define WORD_SIZE_MAX 64 /* longer words are nobody's typing error */

unsigned word_distance(const char *a, const char *b, unsigned limit)
{
    size_t a_size = strlen(a), b_size = strlen(b);
    if (a_size > WORD_SIZE_MAX || b_size > WORD_SIZE_MAX) return limit;
    unsigned row[WORD_SIZE_MAX + 1]; /* Wagner and Fischer 1974, one row at a time */
    for (size_t j = 0; j <= b_size; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a_size; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            unsigned changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            unsigned least = row[j - 1] < row[j] ? row[j - 1] : row[j];
            row[j] = changed < least + 1 ? changed : least + 1;
        }
    }
    return row[b_size] < limit ? row[b_size] : limit;
}
