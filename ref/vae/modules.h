#ifndef TS_VAE_MODULES_H
#define TS_VAE_MODULES_H

#include "ref/io/module.h"
#include "ref/vae/vae.h"

#ifdef __cplusplus
extern "C" {
#endif

/* vae.**: the autoencoder and any part of it. */
extern const ts_module ts_vae_modules[];

#ifdef __cplusplus
}
#endif
#endif
