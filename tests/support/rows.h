/* rows.h: strings with the ids that they must give, from a file under data/goldens. */
#ifndef TESTS_SUPPORT_ROWS_H
#define TESTS_SUPPORT_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/text/ids.h"

/* Tokenizes one text; the ids are given back by the helper. */
typedef ts_status rows_encode(ts_ctx *ctx, const void *tokenizer, ts_ids *out, const char *text,
                              int64_t bytes);

/* Every row of the file (JSON lines, or an object with "rows") that has `field` gives its ids.
 * Rows with "mojibake": true, which need a repair that is not offered, are not asked for clip_ftfy.
 * Fails when there are fewer than `least` rows. */
void rows_equal(const char *path, const char *field, rows_encode *encode, const void *tokenizer,
                int64_t least);

/* Those of a list of numbers. */
void ids_equal(const ts_ids *ids, const int64_t *wanted, int64_t count);

#endif
