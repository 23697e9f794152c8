"""Golden cases of networks for pictures and text, and of what only training needs.

    python scripts/golden/models.py [data/goldens/models]

torchvision's ResNet and VGG at reduced width, Hugging Face's GPT-2 with linear weights out by in; forward
and backward in training, the running averages after the step, and whole steps of SGD. Each case holds
torch's float32 and its float64. Needs torchvision==0.29.2 beside requirements.txt.
"""
import json
import os
import sys

import torch
import torch.nn.functional as F
import torchvision
import transformers
from safetensors.torch import save_file
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
from torchvision.models.vgg import VGG, cfgs, make_layers

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "data/goldens/models"
MADE_WITH = json.dumps({"torch": torch.__version__, "torchvision": torchvision.__version__,
                        "transformers": transformers.__version__,
                        "script": "scripts/golden/models.py"})
torch.set_num_threads(1)


def values(*size, seed=0, scale=1.0):
    return torch.randn(size, generator=torch.Generator().manual_seed(seed)) * scale


def write(name, module, tensors, settings, note):
    path = os.path.join(FOLDER, name + ".safetensors")
    save_file({k: v.contiguous() for k, v in tensors.items()}, path, {
        "touchstone.case": "1", "module": module, "settings": json.dumps(settings),
        "made_with": MADE_WITH, "note": note})
    print(f"{name:28s} {os.path.getsize(path):8d}")


def shaken(model, seed):
    """Norms that are not the identity, running averages of a network that has seen something."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in list(model.named_parameters()) + list(model.named_buffers()):
            if p.dim() == 1 and p.is_floating_point():
                r = torch.randn(p.shape, generator=g)
                if name.endswith("running_mean") or name.endswith("bias"):
                    p.copy_(0.1 * r)
                elif name.endswith("running_var"):
                    p.copy_(1.0 + 0.3 * r.abs())
                else:
                    p.copy_(1.0 + 0.1 * r)
    return model


def run(model, inputs, target, smoothing, train, named):
    """Output, loss, averages and gradients of a copy of the model in either precision."""
    out = {}
    for dtype, value, grad in ((torch.float32, "out.", "grad."),
                               (torch.float64, "truth.", "truth.grad.")):
        copy = named["copy"](model).to(dtype).train(train)
        given = inputs.to(dtype).clone() if inputs.is_floating_point() else inputs
        given.requires_grad_(inputs.is_floating_point() and not train)
        y = named["call"](copy, given)
        if target is None:
            out.setdefault("in.cotangent.output", values(*y.shape, seed=99))
            (y * out["in.cotangent.output"].to(dtype)).sum().backward()
        else:
            loss = F.cross_entropy(y.flatten(0, -2), target.flatten(), label_smoothing=smoothing)
            out.setdefault("in.cotangent.loss", torch.ones(()))
            out[value + "loss"] = loss.detach()
            loss.backward()
        out[value + "output"] = y.detach()
        if given.requires_grad:
            out[grad + "x"] = given.grad
        for key, p in copy.named_parameters():
            out[grad + named["of"](key)] = named["layout"](key, p.grad)
        for key, b in copy.named_buffers():
            if train and b.is_floating_point() and "running" in key:
                out[value + key] = b
    return out


def fresh(model):
    import copy
    return copy.deepcopy(model)


PLAIN = {"copy": fresh, "call": lambda m, x: m(x), "of": lambda k: k, "layout": lambda k, t: t}


def picture_case(name, module, model, x, settings, target=None, smoothing=0.0, train=True, note=""):
    tensors = {"in.x": x}
    tensors |= {"param." + k: v for k, v in model.state_dict().items() if v.is_floating_point()}
    if target is not None:
        tensors["in.target"] = target
    tensors |= run(model, x, target, smoothing, train, PLAIN)
    write(name, module, tensors, settings | {"train": train} |
          ({"label_smoothing": smoothing} if smoothing else {}), note)


def reduced(block, layers, width, classes):
    """torchvision's ResNet with every width divided: its own class counts from 64."""
    class Narrow(ResNet):
        def _make_layer(self, block, planes, blocks, stride=1, dilate=False):
            return super()._make_layer(block, planes * width // 64, blocks, stride, dilate)

        def __init__(self):
            torch.nn.Module.__init__(self)
            self._norm_layer, self.inplanes, self.dilation = torch.nn.BatchNorm2d, width, 1
            self.groups, self.base_width = 1, 64
            self.conv1 = torch.nn.Conv2d(3, width, 7, 2, 3, bias=False)
            self.bn1, self.relu = torch.nn.BatchNorm2d(width), torch.nn.ReLU(inplace=True)
            self.maxpool = torch.nn.MaxPool2d(3, 2, 1)
            self.layer1 = self._make_layer(block, 64, layers[0])
            for i in (2, 3, 4):
                setattr(self, f"layer{i}", self._make_layer(block, 32 << i, layers[i - 1], 2))
            self.avgpool = torch.nn.AdaptiveAvgPool2d((1, 1))
            self.fc = torch.nn.Linear(width * 8 * block.expansion, classes)
            for m in self.modules():
                if isinstance(m, torch.nn.Conv2d):
                    torch.nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
    return Narrow()


def resnets():
    torch.manual_seed(1)
    target = torch.tensor([3, 0, 6, 6])
    fifty = shaken(reduced(Bottleneck, [3, 4, 6, 3], 2, 7), 2)
    settings = {"model": "resnet50", "width": 2, "classes": 7}
    picture_case("resnet50_train", "resnet", fifty, values(4, 3, 64, 48, seed=3), settings, target, 0.1,
                 note="ResNet-50's layout, a training step's gradients and running averages")
    ten = shaken(reduced(BasicBlock, [1, 1, 1, 1], 2, 7), 4)
    settings = {"model": "resnet18", "layers": [1, 1, 1, 1], "width": 2, "classes": 7}
    picture_case("resnet10_eval", "resnet", ten, values(2, 3, 45, 39, seed=5), settings, train=False,
                 note="odd sizes")
    sgd("sgd_resnet10", ten, settings)


def sgd(name, model, settings):
    """Three steps of SGD with momentum, weight decay and label smoothing; no case: a plain file."""
    tensors = {"before." + k: v for k, v in model.state_dict().items() if v.is_floating_point()}
    for i in range(3):
        tensors[f"x{i}"] = values(4, 3, 32, 32, seed=30 + i)
        tensors[f"target{i}"] = torch.tensor([i, 3, 6 - i, 2 * i])
    m = fresh(model).double().train()
    step = torch.optim.SGD(m.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
    for i in range(3):
        step.zero_grad()
        loss = F.cross_entropy(m(tensors[f"x{i}"].double()), tensors[f"target{i}"],
                               label_smoothing=0.1)
        loss.backward()
        step.step()
        tensors[f"loss{i}"] = loss.detach()
    tensors |= {"after." + k: v for k, v in m.state_dict().items() if v.is_floating_point()}
    path = os.path.join(FOLDER, "steps", name + ".safetensors")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    save_file({k: v.contiguous() for k, v in tensors.items()}, path,
              {"settings": json.dumps(settings), "made_with": MADE_WITH})
    print(f"{name:28s} {os.path.getsize(path):8d}")


def narrow_vgg(layers, width, hidden, pool, classes, norm):
    plan = [v if v == "M" else v * width // 64 for v in layers]
    model = VGG(make_layers(plan, batch_norm=norm), num_classes=classes, dropout=0.0)
    model.avgpool = torch.nn.AdaptiveAvgPool2d((pool, pool))
    model.classifier[0] = torch.nn.Linear(plan[-2] * pool * pool, hidden)
    model.classifier[3] = torch.nn.Linear(hidden, hidden)
    model.classifier[6] = torch.nn.Linear(hidden, classes)
    return model


def vggs():
    torch.manual_seed(6)
    base = {"width": 2, "hidden": 12, "classes": 5, "dropout": 0.0}
    plain = shaken(narrow_vgg(cfgs["E"], 2, 12, 3, 5, False), 7)
    picture_case("vgg19_train", "vgg", plain, values(2, 3, 64, 32, seed=8),
                 base | {"model": "vgg19", "pool": 3}, torch.tensor([4, 1]),
                 note="the mean repeats pixels: 2 x 1 to 3 x 3")
    normed = shaken(narrow_vgg(cfgs["A"], 2, 12, 1, 5, True), 9)
    picture_case("vgg11_bn_train", "vgg", normed, values(3, 3, 32, 64, seed=10),
                 base | {"model": "vgg11_bn", "pool": 1}, torch.tensor([4, 1, 0]), 0.1)


def lm_key(key):
    return key.removeprefix("transformer.")


def lm_layout(key, tensor):
    """Hugging Face's Conv1D has its weight in by out."""
    conv = key.endswith(".weight") and any(part in key for part in (".c_attn.", ".c_proj.", ".c_fc."))
    return tensor.t() if conv else tensor


def language():
    torch.manual_seed(11)
    for name, act, layers, batch in (("lm_tanh", "gelu_new", 2, 2), ("lm_exact", "gelu", 1, 1)):
        config = transformers.GPT2Config(
            vocab_size=40, n_positions=16, n_embd=16, n_layer=layers, n_head=2, activation_function=act,
            resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, attn_implementation="eager")
        model = shaken(transformers.GPT2LMHeadModel(config), 12)
        ids = torch.randint(0, 40, (batch, 13), generator=torch.Generator().manual_seed(13))
        tensors = {"in.idx": ids[:, :-1].clone(), "in.target": ids[:, 1:].clone()}
        tensors |= {"param." + lm_key(k): lm_layout(k, v).contiguous() for k, v in model.state_dict().items()
                    if v.is_floating_point() and k != "lm_head.weight" and ".attn.bias" not in k}
        named = {"copy": fresh, "call": lambda m, x: m(x).logits, "of": lm_key, "layout": lm_layout}
        tensors |= run(model, ids[:, :-1], ids[:, 1:], 0.0, True, named)
        write(name, "lm", tensors,
              {"model": "gpt2", "vocabulary": 40, "context": 16, "width": 16, "heads": 2,
               "layers": layers, "dropout": 0.0, "train": True,
               "activation": "gelu_tanh" if act == "gelu_new" else "gelu"},
              "GPT-2 of transformers, linear weights out by in")


def operations():
    """Batch norm in training with its averages; label smoothing; adaptive pooling."""
    for b, c, h, w in ((2, 3, 4, 5), (3, 7, 1, 2), (5, 1, 1, 1)):
        tensors = {"in.input": values(b, c, h, w, seed=20), "in.weight": values(c, seed=21),
                   "in.bias": values(c, seed=22), "in.running_mean": values(c, seed=23),
                   "in.running_var": values(c, seed=24).abs() + 0.5,
                   "in.cotangent.output": values(b, c, h, w, seed=25)}
        for dtype, value, grad in ((torch.float32, "out.", "grad."),
                                   (torch.float64, "truth.", "truth.grad.")):
            t = {k[3:]: v.to(dtype).clone() for k, v in tensors.items() if k.startswith("in.")}
            leaves = [t[k].requires_grad_(True) for k in ("input", "weight", "bias")]
            y = F.batch_norm(leaves[0], t["running_mean"], t["running_var"], leaves[1], leaves[2],
                             True, 0.1, 1e-5)
            (y * t["cotangent.output"]).sum().backward()
            tensors[value + "output"] = y.detach()
            for k, leaf in zip(("input", "weight", "bias"), leaves):
                tensors[grad + k] = leaf.grad
            tensors[value + "running_mean"], tensors[value + "running_var"] = (
                t["running_mean"], t["running_var"])
        write(f"batch_norm_train_{c}", "ops.batch_norm", tensors,
              {"training": True, "momentum": 0.1, "eps": 1e-5}, "")
    functions = [("cross_entropy_smooth", "ops.cross_entropy", {"label_smoothing": 0.1},
                  {"input": values(7, 11, seed=26, scale=4.0), "target": torch.arange(7) * 3 % 11},
                  lambda input, target: F.cross_entropy(input, target, label_smoothing=0.1))]
    for h, w, oh, ow in ((5, 7, 3, 2), (2, 3, 4, 7), (6, 4, 3, 2)):
        functions.append((f"adaptive_avg_pool_{h}x{w}", "ops.adaptive_avg_pool",
                          {"output_size": [oh, ow]}, {"input": values(2, 3, h, w, seed=27)},
                          lambda input, oh=oh, ow=ow: F.adaptive_avg_pool2d(input, (oh, ow))))
    for name, module, settings, inputs, function in functions:
        tensors = {"in." + k: v for k, v in inputs.items()}
        for dtype, value, grad in ((torch.float32, "out.", "grad."),
                                   (torch.float64, "truth.", "truth.grad.")):
            given = {k: v.to(dtype).clone().requires_grad_(True) if v.is_floating_point() else v
                     for k, v in inputs.items()}
            y = function(**given)
            tensors.setdefault("in.cotangent.output", values(*y.shape, seed=99))
            (y * tensors["in.cotangent.output"].to(dtype)).sum().backward()
            tensors[value + "output"] = y.detach()
            tensors[grad + "input"] = given["input"].grad
        write(name, module, tensors, settings, "")


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    resnets()
    vggs()
    language()
    operations()
