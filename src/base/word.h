/* word.h - how much two words differ, for "did you mean". */
#pragma once

/* How many letters must change to make one word the other, or `limit` when that many or more. */
unsigned word_distance(const char *a, const char *b, unsigned limit);
