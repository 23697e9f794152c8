/* t5_fast.h: tokenizer.json: the parts of it that T5's file uses, read strictly: a part of another
 * kind is refused by name, so no text is ever tokenized almost right. */
#ifndef TS_TEXT_T5_FAST_H
#define TS_TEXT_T5_FAST_H

#include "ref/text/added.h"
#include "ref/text/charsmap.h"
#include "ref/text/unigram.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_T5_STEPS = 8, TS_T5_AROUND = 4 };

typedef enum { TS_STEP_MAP, TS_STEP_STRIP, TS_STEP_REPLACE, TS_STEP_BLANKS } ts_t5_step_kind;

/* One step of the normalizer. */
typedef struct {
    ts_t5_step_kind kind;
    bool left, right;    /* STRIP: on which sides */
    char *pattern;       /* REPLACE: a text; BLANKS: two or more blanks */
    char *content;       /* by what it is replaced */
} ts_t5_step;

typedef enum { TS_PREFIX_NEVER, TS_PREFIX_FIRST, TS_PREFIX_ALWAYS } ts_prefix_scheme;

typedef struct {
    ts_added added;
    ts_t5_step step[TS_T5_STEPS];
    int steps;
    ts_charsmap map;
    bool words;              /* cut at white space first, which is dropped */
    char blank[8];           /* what stands for a blank: U+2581 */
    ts_prefix_scheme scheme; /* where one is put before a text that begins with none */
    bool split;              /* cut before every blank */
    ts_unigram unigram;
    int64_t before[TS_T5_AROUND], after[TS_T5_AROUND]; /* the template's special ids */
    int befores, afters;
} ts_t5_fast;

ts_status ts_t5_fast_open(ts_ctx *ctx, ts_t5_fast *f, const char *path);
void ts_t5_fast_close(ts_t5_fast *f);

/* Appends the ids of a text (valid UTF-8), without the template's. */
ts_status ts_t5_fast_encode(ts_ctx *ctx, const ts_t5_fast *f, ts_ids *out, const char *text,
                            int64_t bytes);

#ifdef __cplusplus
}
#endif
#endif
