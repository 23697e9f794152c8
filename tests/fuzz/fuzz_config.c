/* A configuration: its first byte says of what. The bundled weights lie beside it. */
#include "tests/fuzz/fuzz.h"

#include "ref/dit/dit.h"
#include "ref/edit/scheduler.h"
#include "ref/io/json.h"
#include "ref/text/clip_encoder.h"
#include "ref/text/t5_encoder.h"
#include "ref/vae/vae.h"

#include <stdio.h>

static void scheduler(ts_ctx *ctx, const uint8_t *data, size_t size)
{
    ts_scheduler s;
    double sigma[9];
    json_t *config = ts_json_read_object(ctx, fuzz_file("scheduler.json", data, size));
    if (config && !ts_scheduler_read(ctx, &s, config, "scheduler.json"))
        ts_scheduler_sigmas(ctx, sigma, &s, 8, ts_scheduler_mu(&s, 1024), true);
    json_decref(config);
}

/* The folder of a component with that configuration and the tiny model's weights. */
static ts_weights *component(ts_ctx *ctx, const char *name, const char *weights,
                             const uint8_t *data, size_t size)
{
    char file[64], from[128], folder[128];
    snprintf(file, sizeof file, "%s/config.json", name);
    fuzz_file(file, data, size);
    snprintf(file, sizeof file, "%s/%s", name, weights);
    snprintf(from, sizeof from, "data/checkpoints/tiny/%s", file);
    fuzz_copy(file, from);
    snprintf(folder, sizeof folder, "%s/%s", fuzz_folder(), name);
    return ts_weights_open(ctx, folder, name);
}

static ts_weights *text_encoder(ts_ctx *ctx, const char *name, const uint8_t *data, size_t size)
{
    ts_weights *w = component(ctx, name, "model.safetensors", data, size);
    ts_clip_config clip;
    ts_t5_config t5;
    if (w && name[12])
        ts_t5_config_read(ctx, &t5, ts_weights_config(w), "config.json");
    else if (w)
        ts_clip_config_read(ctx, &clip, w);
    return w;
}

int fuzz_config(const uint8_t *data, size_t size)
{
    static const char weights[] = "diffusion_pytorch_model.safetensors";
    ts_ctx ctx;
    ts_weights *w = NULL;
    if (size == 0)
        return 0;
    const uint8_t kind = *data++;
    size--;
    ts_ctx_open_plain(&ctx);
    switch (kind) {
    case 's': scheduler(&ctx, data, size); break;
    case 'c': w = text_encoder(&ctx, "text_encoder", data, size); break;
    case 't': w = text_encoder(&ctx, "text_encoder_2", data, size); break;
    case 'v':
        w = component(&ctx, "vae", weights, data, size);
        ts_vae_close(w ? ts_vae_open(&ctx, w) : NULL);
        break;
    case 'd':
        w = component(&ctx, "transformer", weights, data, size);
        ts_dit_close(w ? ts_dit_open(&ctx, w, NULL) : NULL);
        break;
    }
    ts_weights_close(w);
    fuzz_end(&ctx);
    return 0;
}
