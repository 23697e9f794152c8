/* prompt.h: the sentence that goes with the lines of text. */
#ifndef TS_GLYPH_PROMPT_H
#define TS_GLYPH_PROMPT_H

#include "ref/base/status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ts_ctx;

enum {
    TS_PHRASES = 10,
    TS_TRAINING_LINES = 8,    /* lines of a training picture, and of the published inference */
    TS_EVALUATION_LINES = 20, /* lines of an evaluation picture */
    TS_LINE_CHARACTERS = 20   /* characters of a line; the rest is cut */
};

/* Joining phrase i of the ten that training drew from, NULL for another i. */
const char *ts_phrase(int i);
#define TS_DEFAULT_PHRASE ", that reads "

/* caption + phrase + the lines joined by " , " + " .". phrase NULL: TS_DEFAULT_PHRASE. Without a
 * caption (NULL or blank) the phrase loses its leading comma and blank. As published, the lines are
 * put one after another in the place of the leftmost '*': a '*' of the caption becomes a blank
 * first, and a line that holds one is itself replaced into by the next.
 * The result is freed with ts_free. NULL after a failure: TS_ERROR_USAGE (no lines, a phrase that
 * holds a '*'), TS_ERROR_MEMORY. */
char *ts_prompt(struct ts_ctx *ctx, const char *caption, const char *phrase,
                const char *const *lines, int64_t count);

/* Bytes of the first `characters` characters of a UTF-8 text (all of it when there are fewer). */
int64_t ts_cut_line(const char *text, int64_t characters);

#ifdef __cplusplus
}
#endif
#endif
