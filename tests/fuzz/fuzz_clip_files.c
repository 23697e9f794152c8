/* A folder of CLIP's tokenizer, and a text. */
#include "tests/fuzz/fuzz.h"

#include "ref/text/clip_tokenizer.h"

int fuzz_clip_files(const uint8_t *data, size_t size)
{
    ts_ctx ctx;
    ts_ids ids = {0};
    fuzz_piece rest = {data, size};
    ts_ctx_open_plain(&ctx);
    fuzz_piece_file("vocab.json", &rest);
    fuzz_piece_file("merges.txt", &rest);
    fuzz_piece_file("tokenizer_config.json", &rest);
    fuzz_piece_file("special_tokens_map.json", &rest);
    ts_clip_tokenizer *t = ts_clip_tokenizer_open(&ctx, fuzz_folder());
    fuzz_require(!t == (ctx.status != TS_OK), "a tokenizer or a failure");
    if (t) {
        ts_clip_tokenizer_longest(t);
        ts_clip_tokenize(&ctx, t, &ids, (const char *)rest.data, (int64_t)rest.size,
                         (ts_clean)(size % 3), 77, 77);
        fuzz_require(ctx.status || ids.count == 77, "as many ids as were asked for");
    }
    ts_ids_free(&ids);
    ts_clip_tokenizer_close(t);
    fuzz_end(&ctx);
    return 0;
}
