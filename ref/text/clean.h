/* clean.h: what is done to a prompt before it is cut into words; three published ways for CLIP.
 *
 *     fast    form C, white space to one blank each run, lower case       (tokenizers; the default)
 *     ftfy    ftfy.fix_text, white space collapsed and stripped, lower case   (ref/text/ftfy.h)
 *     basic   BERT's basic tokenizer: control characters out, blanks around ideographs, form C,
 *             white space collapsed and stripped, lower case          (where ftfy is not installed)
 *
 * They differ on a tenth of hard strings, so a result always says which one it was made with.
 * Source: transformers, CLIPTokenizerFast, CLIPTokenizer, BasicTokenizer. */
#ifndef TS_TEXT_CLEAN_H
#define TS_TEXT_CLEAN_H

#include "ref/text/runes.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { TS_CLEAN_FAST, TS_CLEAN_FTFY, TS_CLEAN_BASIC } ts_clean;

/* The cleaning of that name; fails for an unknown one, naming the three. */
ts_status ts_clean_named(ts_ctx *ctx, ts_clean *out, const char *name);

/* Cleans in place. */
ts_status ts_clean_runes(ts_ctx *ctx, ts_runes *text, ts_clean how);

#ifdef __cplusplus
}
#endif
#endif
