/* touchstone.h: everything that the library offers. Link with `pkg-config --libs touchstone`. */
#ifndef TOUCHSTONE_H
#define TOUCHSTONE_H

#include "ref/base/ctx.h"
#include "ref/base/judge.h"
#include "ref/base/rng.h"
#include "ref/base/trace.h"

#include "ref/io/module.h"
#include "ref/io/npy.h"
#include "ref/io/picture.h"
#include "ref/io/safetensors.h"
#include "ref/io/weights.h"

#include "ref/ops/ops.h"
#include "ref/ops/table.h"
#include "ref/ops/tape.h"

#include "ref/comm/clock.h"
#include "ref/comm/collective.h"

#include "ref/cache/epoch.h"
#include "ref/models/config.h"
#include "ref/models/model.h"
#include "ref/optim/optim.h"
#include "ref/optim/parallel.h"
#include "ref/topk/scheme.h"

#include "ref/dit/transformer.h"
#include "ref/vae/vae.h"

#include "ref/edit/compose.h"
#include "ref/edit/noise.h"
#include "ref/edit/pipeline.h"
#include "ref/edit/resample.h"

#endif
