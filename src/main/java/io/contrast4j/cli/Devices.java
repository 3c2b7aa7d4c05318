package io.contrast4j.cli;

import io.contrast4j.dist.World;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Autocast;
import io.contrast4j.tensor.ChosenDevice;
import io.contrast4j.tensor.Cuda;
import io.contrast4j.tensor.Precision;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where to compute. */
final class Devices {
    private static final Logger LOG = LoggerFactory.getLogger(Devices.class);

    private Devices() {}

    /**
     * @param name auto, cpu, cuda or cuda:N
     * @throws UserError if there is no such GPU
     */
    static Device choose(String name) {
        new GivenGpus(System.getenv()).compare(name);
        return ChosenDevice.of(name);
    }

    /**
     * The device of one of several processes: each process of a host has the GPU of its number there.
     *
     * @param name auto, cpu, cuda or, where a host has one process, cuda:N
     * @throws UserError if there is no such GPU
     */
    static Device choose(String name, World world) {
        boolean isNumbered = name.startsWith("cuda:");
        if (world.isAlone() || isNumbered || name.equals("cpu") || count() == 0) {
            return choose(name);
        }
        return ChosenDevice.of("cuda:" + number(name, world, count(), System.getenv()));
    }

    /**
     * Which of the GPUs that a process sees is its own.
     *
     * @throws UserError if there are fewer than processes
     */
    static int number(String name, World world, int gpus, Map<String, String> environment) {
        // Slurm may let each process see no other GPU than its own. What torchrun or --nproc-per-node starts, which
        // count the
        // processes of a host, all sees the same.
        boolean isOnlyOwn =
                gpus == 1 && environment.containsKey("CUDA_VISIBLE_DEVICES") && !environment.containsKey("LOCAL_RANK");
        int number = isOnlyOwn ? 0 : world.localRank();
        if (number >= gpus) {
            throw new UserError(
                    UserError.USAGE,
                    "device = " + name + ": there " + (gpus == 1 ? "is 1 GPU" : "are " + gpus + " GPUs")
                            + " here, and this is process " + world.localRank() + " of " + world.localSize()
                            + " of this host, counted from 0; start as many as there are GPUs, or use device=cpu"
                            + (gpus == 1 ? ", or device=cuda:0 where each process sees a GPU of its own." : "."));
        }
        return number;
    }

    /** {@code cuda:0 (NVIDIA A100-SXM4-80GB)} as far as it is known, for who has several. */
    static String name(Device device) {
        String name = device.str().getString();
        return Cuda.gpus().stream()
                .filter(gpu -> device.is_cuda() && gpu.number() == device.index())
                .findFirst()
                .map(gpu -> name + " (" + gpu.name() + ")")
                .orElse(name);
    }

    /** GPUs that are usable here. */
    static int count() {
        return ChosenDevice.gpus();
    }

    /**
     * The devices of replicas: GPUs one after the other, the CPU as often as asked for.
     *
     * @param first that of this process
     * @throws UserError if there are not so many GPUs
     */
    static List<Device> replicas(Device first, int count) {
        if (first.is_cpu()) {
            return Collections.nCopies(count, first);
        }
        int gpus = count();
        int left = gpus - first.index();
        if (count > left) {
            throw new UserError(
                    UserError.USAGE,
                    "data-parallel.replicas = " + count + ": there "
                            + (left == 1 ? "is 1 GPU" : "are " + left + " GPUs")
                            + " here from " + first.str().getString() + " on; set data-parallel.replicas=" + left
                            + ".");
        }
        return IntStream.range(0, count)
                .mapToObj(replica -> ChosenDevice.of("cuda:" + (first.index() + replica)))
                .toList();
    }

    /**
     * Tries a convolution and its gradient.
     *
     * @throws UserError if the device cannot do it
     */
    static void require(Device device, Precision precision) {
        if (precision == Precision.FP32) {
            return;
        }
        String key = "train.precision = " + precision.name().toLowerCase(Locale.ROOT);
        try (Scope scope = Scope.open()) {
            Tensor images = Tensors.to(torch.torch_ones(1, 8, 8, 8), device);
            Tensor weights = Tensors.to(torch.torch_ones(8, 8, 3, 3), device).set_requires_grad(true);
            Tensor sums;
            try (Autocast autocast = Autocast.open(device, precision.type())) {
                sums = torch.conv2d(images, weights);
            }
            sums.to(ScalarType.Float).sum().backward();
            Tensors.scalar(weights.grad().sum());
        } catch (RuntimeException refused) {
            throw new UserError(
                    UserError.USAGE,
                    key + ": " + device.str().getString() + " cannot compute in it ("
                            + String.valueOf(refused.getMessage())
                                    .lines()
                                    .findFirst()
                                    .orElse("") + "); use fp32.",
                    refused);
        }
        if (device.is_cpu() && precision == Precision.FP16) {
            LOG.warn(
                    "{} is many times slower than fp32 on most CPUs, which have no instructions for it; bf16 is not",
                    key);
        }
    }
}
