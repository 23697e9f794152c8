/* A LoRA file. */
#include "tests/fuzz/fuzz.h"

#include "ref/dit/lora.h"

int fuzz_lora(const uint8_t *data, size_t size)
{
    static float numbers[64 * 64];
    static const int64_t sizes[2] = {64, 64};
    ts_ctx ctx;
    int64_t attached, all;
    ts_ctx_open_plain(&ctx);
    ts_weights *w = ts_weights_open_file(&ctx, fuzz_file("lora.safetensors", data, size));
    ts_lora *lora = w ? ts_lora_open(&ctx, w, 0) : NULL;
    if (lora) {
        ts_adapted linear = {.w = ts_tensor_of(numbers, TS_F32, 2, sizes)};
        ts_lora_attach(&ctx, lora, &linear, "proj_out");
        ts_lora_attach(&ctx, lora, &linear, "transformer_blocks.0.attn.to_q");
        ts_lora_counts(lora, &attached, &all);
        fuzz_require(attached <= all, "no more are attached than there are");
        ts_lora_all_used(&ctx, lora);
        fuzz_touch(linear.a_down);
        fuzz_touch(linear.b_up);
    }
    ts_lora_close(lora);
    ts_weights_close(w);
    fuzz_end(&ctx);
    return 0;
}
