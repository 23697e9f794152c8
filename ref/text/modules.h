/* modules.h: the text room's parts by name: text.**. */
#ifndef TS_TEXT_MODULES_H
#define TS_TEXT_MODULES_H

#include "ref/io/module.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const ts_module ts_text_modules[];

/* Rows of JSON cases (modules_rows.c): each row's "text" to token ids. */
ts_status ts_run_tokenizers(ts_ctx *ctx, ts_call *call);
ts_status ts_run_byt5_tokenizer(ts_ctx *ctx, ts_call *call);

#ifdef __cplusplus
}
#endif
#endif
