/* A text, by every tokenizer with the bundled vocabularies. */
#include "tests/fuzz/fuzz.h"

#include "ref/text/byt5_tokenizer.h"
#include "ref/text/clip_tokenizer.h"
#include "ref/text/t5_tokenizer.h"

#include <stdlib.h>

static ts_clip_tokenizer *clip;
static ts_t5_tokenizer *fast, *sentencepiece;
static ts_byt5_tokenizer *byt5;

static void close_all(void)
{
    ts_clip_tokenizer_close(clip);
    ts_t5_tokenizer_close(fast);
    ts_t5_tokenizer_close(sentencepiece);
    ts_byt5_tokenizer_close(byt5);
}

static void open_all(void)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    clip = ts_clip_tokenizer_open(&ctx, "data/checkpoints/tiny/tokenizer");
    fast = ts_t5_tokenizer_open(&ctx, "data/checkpoints/tiny/tokenizer_2", TS_T5_FAST);
    sentencepiece =
        ts_t5_tokenizer_open(&ctx, "data/checkpoints/tiny/tokenizer_2", TS_T5_SENTENCEPIECE);
    byt5 = ts_byt5_tokenizer_new(&ctx);
    fuzz_require(!ctx.status, "run from the repository's root");
    fuzz_end(&ctx);
    atexit(close_all);
}

/* `truncate` 0: all of them. A text that is not UTF-8 is refused by all or by none. */
static ts_status encode(int which, const char *text, int64_t bytes, int64_t truncate)
{
    ts_ctx ctx;
    ts_ids ids = {0};
    ts_ctx_open_plain(&ctx);
    if (which < 3)
        ts_clip_tokenize(&ctx, clip, &ids, text, bytes, (ts_clean)which, truncate, truncate);
    else if (which == 3)
        ts_t5_tokenize(&ctx, fast, &ids, text, bytes, truncate, truncate);
    else if (which == 4)
        ts_t5_tokenize(&ctx, sentencepiece, &ids, text, bytes, truncate, truncate);
    else
        ts_byt5_tokenize(&ctx, byt5, &ids, text, bytes, truncate, truncate);
    const ts_status status = ctx.status;
    fuzz_require(status || !truncate || ids.count == truncate, "as many ids as were asked for");
    for (int64_t i = 0; !status && i < ids.count; i++)
        fuzz_require(ids.at[i] >= 0 && ids.at[i] < 50000, "ids of the vocabulary");
    ts_ids_free(&ids);
    fuzz_end(&ctx);
    return status;
}

int fuzz_text(const uint8_t *data, size_t size)
{
    if (!clip)
        open_all();
    const char *text = (const char *)data;
    const ts_status first = encode(0, text, (int64_t)size, 0);
    for (int which = 0; which < 6; which++)
        fuzz_require(encode(which, text, (int64_t)size, which % 2 ? 0 : 12) == first,
                     "all tokenizers accept the same texts");
    return 0;
}
