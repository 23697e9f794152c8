/* tokenizer_config.json, a text, spiece.model (the last, as it is binary). */
#include "tests/fuzz/fuzz.h"

#include "ref/text/t5_tokenizer.h"

int fuzz_spiece(const uint8_t *data, size_t size)
{
    ts_ctx ctx;
    ts_ids ids = {0};
    fuzz_piece rest = {data, size};
    ts_ctx_open_plain(&ctx);
    fuzz_piece_file("tokenizer_config.json", &rest);
    const fuzz_piece text = fuzz_next(&rest);
    fuzz_file("spiece.model", rest.data, rest.size);
    ts_t5_tokenizer *t = ts_t5_tokenizer_open(&ctx, fuzz_folder(), TS_T5_SENTENCEPIECE);
    fuzz_require(!t == (ctx.status != TS_OK), "a tokenizer or a failure");
    if (t)
        ts_t5_tokenize(&ctx, t, &ids, (const char *)text.data, (int64_t)text.size, 16, 16);
    fuzz_require(ctx.status || ids.count == 16, "as many ids as were asked for");
    ts_ids_free(&ids);
    ts_t5_tokenizer_close(t);
    fuzz_end(&ctx);
    return 0;
}
