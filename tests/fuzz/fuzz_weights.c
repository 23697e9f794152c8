/* A component's folder: config.json, the index, two files of weights. */
#include "tests/fuzz/fuzz.h"

#include "ref/io/weights.h"

int fuzz_weights(const uint8_t *data, size_t size)
{
    ts_ctx ctx;
    fuzz_piece rest = {data, size};
    ts_ctx_open_plain(&ctx);
    fuzz_piece_file("config.json", &rest);
    fuzz_piece_file("diffusion_pytorch_model.safetensors.index.json", &rest);
    fuzz_piece_file("diffusion_pytorch_model.safetensors", &rest);
    fuzz_piece_file("b.safetensors", &rest);
    ts_weights *w = ts_weights_open(&ctx, fuzz_folder(), "transformer");
    fuzz_require(!w == (ctx.status != TS_OK), "weights or a failure");
    for (int64_t i = 0; w && i < ts_weights_count(w); i++) {
        fuzz_touch(ts_weights_tensor(w, i));
        fuzz_require(ts_weights_has(w, ts_weights_name(w, i)), "every tensor is found by its name");
        fuzz_require(i == 0 || ts_weights_name(w, i - 1)[0] <= ts_weights_name(w, i)[0] ||
                         (unsigned char)ts_weights_name(w, i)[0] > 127,
                     "names are sorted");
    }
    if (w) {
        const int64_t any[2] = {-1, -1};
        ts_weight(&ctx, w, 2, any, "%s.weight", "proj_out");
        ts_weights_prefetch(w, "transformer_blocks.0.");
    }
    ts_weights_close(w);
    fuzz_end(&ctx);
    return 0;
}
