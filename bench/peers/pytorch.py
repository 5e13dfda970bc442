#!/usr/bin/env python3
"""The steps of bench in PyTorch: parity with the losses in a workload file, then rows/s.

    bench export --only din --out din.workload
    pytorch.py din.workload [--update lazy|dense] [--device cpu|cuda] [--mode eager|default|reduce-overhead]
                            [--tf32] [--threads N] [--rounds 5] [--steps 10]

Prints one row of the table that bench/peers/compare.sh prints. Exit 1: the losses are not ours. With --tf32 they are
shown and not judged. --mode other than eager is torch.compile's; tables with sparse gradients are read outside of it,
since it has none.
"""
import argparse
import json
import statistics
import struct
import sys
import time

import torch
import torch.nn.functional as F

LEARNING_RATE, TOLERANCE = 1e-3, 1e-4


class WorkloadFile:
    """First weights, batches and losses of a workload, as bench export writes them: a safetensors file."""

    def __init__(self, path, device):
        self.device = device
        with open(path, "rb") as file:
            (length,) = struct.unpack("<q", file.read(8))
            self.header = json.loads(file.read(length))
            self.data = bytearray(file.read())

    def text(self, key):
        return self.header["__metadata__"][key]

    def __contains__(self, name):
        return name in self.header

    def __getitem__(self, name):
        """A tensor of its own on the device; ids become int64."""
        entry = self.header[name]
        begin, end = entry["data_offsets"]
        dtype = torch.int32 if entry["dtype"] == "I32" else torch.float32
        values = torch.frombuffer(self.data, dtype=dtype, count=(end - begin) // 4, offset=begin).reshape(entry["shape"])
        return values.to(self.device, torch.int64 if dtype == torch.int32 else dtype, copy=True)


class Parameters:
    """The parameters of a model, from a workload file."""

    def __init__(self, file, sparse):
        self.file, self.sparse, self.tables, self.others = file, sparse, [], []

    def table(self, name):
        """rows -> vectors, from a table (V, D)."""
        weight = torch.nn.Parameter(self.file[name])
        self.tables.append(weight)
        return lambda rows: F.embedding(rows, weight, sparse=self.sparse)

    def dense(self, name):
        """A dense parameter; None where the workload has none of that name."""
        if name not in self.file:
            return None
        self.others.append(torch.nn.Parameter(self.file[name]))
        return self.others[-1]

    def linear(self, name):
        """x W' + b."""
        weight, bias = self.dense(f"{name}.weight"), self.dense(f"{name}.bias")
        return lambda x: F.linear(x, weight, None if bias is None else bias.flatten())

    def dice(self, name):
        """p x + (1 - p) a x, p = sigmoid of x normalized over the rows."""
        alpha = self.dense(f"{name}.alpha")

        def dice(x):
            # Without running averages, which no training step reads: a CUDA graph is not captured around tensors that it changes.
            p = torch.sigmoid(F.batch_norm(x, None, None, training=True, eps=1e-8))
            return p * x + (1 - p) * alpha * x

        return dice


class DeepFm:
    """logit = bias + sum w + u x + sum_{i<j} <v_i, v_j> + MLP(v_1 ... v_C); numeric field n is the vector x_n V_n."""

    def __init__(self, parameters, layers):
        self.table, self.first_order = parameters.table("embedding"), parameters.table("first_order")
        self.bias = parameters.dense("bias")
        self.numeric_weights, self.numeric_vectors = parameters.dense("numeric.weights"), parameters.dense("numeric.vectors")
        self.hidden = [parameters.linear(f"mlp.{i}") for i in range(layers)]
        self.output = parameters.linear("mlp.out")

    def lookup(self, rows):
        return self.table(rows), self.first_order(rows)  # (B, F, D), (B, F, 1)

    def logit(self, read, numeric):
        v, first = read
        logit = first.sum(1) + self.bias  # (B, 1)
        if numeric is not None:
            v = torch.cat([v, numeric.unsqueeze(-1) * self.numeric_vectors], 1)  # (B, C, D)
            logit = logit + F.linear(numeric, self.numeric_weights)
        s = v.sum(1)  # (B, D)
        logit = logit + 0.5 * (s * s - (v * v).sum(1)).sum(1, keepdim=True)
        x = v.flatten(1)  # (B, C D)
        for layer in self.hidden:
            x = F.relu(layer(x))
        return logit + self.output(x)


class Din:
    """DIN as frameworks compute it: keys gathered, [q, k, q - k, q k] (B, T, 4E) stored, softmax over full histories.

    Fields 1 and 2 are the targets of the two histories. One lookup for everything that reads the table.
    """

    def __init__(self, parameters, fields, length):
        self.fields, self.length = fields, length
        self.table = parameters.table("embedding")
        self.attention, self.tower = self.layers(parameters, "att"), self.layers(parameters, "tower")

    @staticmethod
    def layers(parameters, name):
        return [parameters.linear(f"{name}.0"), parameters.dice(f"{name}.0"),
                parameters.linear(f"{name}.1"), parameters.dice(f"{name}.1"), parameters.linear(f"{name}.out")]

    def lookup(self, rows):
        return self.table(rows)  # (B, F + 2T, D)

    def logit(self, v, numeric):
        f, t = self.fields, self.length
        b, e = v.shape[0], 2 * v.shape[2]
        k = torch.cat([v.narrow(1, f, t), v.narrow(1, f + t, t)], -1)  # (B, T, E)
        q = v.narrow(1, 1, 2).reshape(b, 1, e).expand(b, t, e)  # (B, T, E)
        x = torch.cat([q, k, q - k, q * k], -1).reshape(b * t, 4 * e)
        a = F.softmax(self.run(self.attention, x).reshape(b, 1, t), -1)
        interest = torch.bmm(a, k).squeeze(1)  # (B, E)
        return self.run(self.tower, torch.cat([v.narrow(1, 0, f).reshape(b, -1), interest], -1))

    @staticmethod
    def run(layers, x):
        for layer in layers:
            x = layer(x)
        return x


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--update", choices=["lazy", "dense"], default="lazy")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--mode", choices=["eager", "default", "reduce-overhead"], default="eager")
    parser.add_argument("--tf32", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10)
    return parser.parse_args()


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.set_float32_matmul_precision("high" if args.tf32 else "highest")
    file = WorkloadFile(args.file, args.device)
    lazy, on_gpu = args.update == "lazy", args.device.startswith("cuda")
    parameters = Parameters(file, sparse=lazy)
    if file.text("model") == "din":
        model = Din(parameters, int(file.text("fields")), int(file.text("length")))
    else:
        model = DeepFm(parameters, sum(f"mlp.{i}.weight" in file for i in range(10)))
    tables, dense = parameters.tables, parameters.others
    optimizers = ([torch.optim.SparseAdam(tables, lr=LEARNING_RATE), torch.optim.Adam(dense, lr=LEARNING_RATE, fused=True)] if lazy
                  else [torch.optim.Adam(tables + dense, lr=LEARNING_RATE, fused=True)])
    batches = [(file[f"batch.{i}.rows"], file[f"batch.{i}.numeric"] if f"batch.{i}.numeric" in file else None,
                file[f"batch.{i}.labels"].unsqueeze(1)) for i in range(int(file.text("batches")))]

    if args.mode == "reduce-overhead":
        # Weights stay where they are, so the graph need not copy them in.
        for parameter in tables + dense:
            torch._dynamo.mark_static_address(parameter)

    def loss_of(read, numeric, labels):
        return F.binary_cross_entropy_with_logits(model.logit(read, numeric), labels)

    def loss_of_rows(rows, numeric, labels):
        return loss_of(model.lookup(rows), numeric, labels)

    if args.mode != "eager" and lazy:
        compiled = torch.compile(loss_of, mode=args.mode)
        forward = lambda rows, numeric, labels: compiled(model.lookup(rows), numeric, labels)
    elif args.mode != "eager":
        forward = torch.compile(loss_of_rows, mode=args.mode)
    else:
        forward = loss_of_rows

    def step(i):
        if args.mode == "reduce-overhead":
            torch.compiler.cudagraph_mark_step_begin()
        loss = forward(*batches[i % len(batches)])
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return loss

    ours = file[f"losses.{args.update}"].tolist()
    differences = [abs(step(i).item() - expected) / expected for i, expected in enumerate(ours)]
    parity = max(differences)
    if not all(d <= TOLERANCE for d in differences) and not args.tf32:  # NaN is not.
        print(f"{args.file}, {args.update}: losses of {len(ours)} steps differ by {parity:.1e} (relative), "
              f"more than {TOLERANCE:.0e}: not the same work", file=sys.stderr)
        return 1

    rates = []
    for _ in range(args.rounds):
        if on_gpu:
            torch.cuda.synchronize()
        start = time.perf_counter()
        for i in range(args.steps):
            step(i)
        if on_gpu:
            torch.cuda.synchronize()
        rates.append(args.steps * len(batches[0][2]) / (time.perf_counter() - start) / 1e3)
    device = torch.cuda.get_device_name() if on_gpu else "cpu"
    name = f"PyTorch {torch.__version__} {args.mode} {'tf32' if args.tf32 else 'fp32'} on {device}, {file.text('name')}, {args.update}"
    print(f"| {name} | {len(batches[0][2])} | {file.text('ids')} | {statistics.median(rates):.1f} "
          f"| {min(rates):.1f}–{max(rates):.1f} | {parity:.1e} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
