/* A folder of ByT5's tokenizer, and a text. */
#include "tests/fuzz/fuzz.h"

#include "ref/text/byt5_tokenizer.h"

int fuzz_byt5(const uint8_t *data, size_t size)
{
    ts_ctx ctx;
    ts_ids ids = {0};
    fuzz_piece rest = {data, size};
    ts_ctx_open_plain(&ctx);
    fuzz_piece_file("tokenizer_config.json", &rest);
    fuzz_piece_file("added_tokens.json", &rest);
    ts_byt5_tokenizer *t = ts_byt5_tokenizer_open(&ctx, fuzz_folder());
    fuzz_require(!t == (ctx.status != TS_OK), "a tokenizer or a failure");
    if (t)
        ts_byt5_tokenize(&ctx, t, &ids, (const char *)rest.data, (int64_t)rest.size, 32, 32);
    fuzz_require(ctx.status || ids.count == 32, "as many ids as were asked for");
    ts_ids_free(&ids);
    ts_byt5_tokenizer_close(t);
    fuzz_end(&ctx);
    return 0;
}
