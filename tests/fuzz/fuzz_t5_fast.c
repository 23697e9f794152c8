/* tokenizer.json, and a text. */
#include "tests/fuzz/fuzz.h"

#include "ref/text/t5_tokenizer.h"

int fuzz_t5_fast(const uint8_t *data, size_t size)
{
    ts_ctx ctx;
    ts_ids ids = {0};
    fuzz_piece rest = {data, size};
    ts_ctx_open_plain(&ctx);
    fuzz_piece_file("tokenizer.json", &rest);
    ts_t5_tokenizer *t = ts_t5_tokenizer_open(&ctx, fuzz_folder(), TS_T5_FAST);
    fuzz_require(!t == (ctx.status != TS_OK), "a tokenizer or a failure");
    if (t)
        ts_t5_tokenize(&ctx, t, &ids, (const char *)rest.data, (int64_t)rest.size, 16, 16);
    fuzz_require(ctx.status || ids.count == 16, "as many ids as were asked for");
    ts_ids_free(&ids);
    ts_t5_tokenizer_close(t);
    fuzz_end(&ctx);
    return 0;
}
