package io.contrast4j.dist;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.GpuFailure;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.OutOfMemory;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.javacpp.SizeTPointer;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.BackendOptional;
import org.bytedeco.pytorch.BroadcastOptions;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.ProcessGroup;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several processes, joined by a process group of LibTorch's c10d: Gloo between CPUs, NCCL between GPUs. Beside NCCL, too, what
 * lies on the CPU goes by Gloo: a number that all must know would otherwise wait for all that the GPU has to do. Their {@link Meeting}
 * stays open beside it and says who is missing where the group only says that a connection is gone.
 */
public final class ProcessRanks implements Ranks {
    /** As PyTorch has it: which network interface Gloo takes where the usual one is not meant. */
    private static final String INTERFACE = "GLOO_SOCKET_IFNAME";

    private static final Logger LOG = LoggerFactory.getLogger(ProcessRanks.class);

    private final World world;
    private final Meeting meeting;
    private final Duration timeout;
    private final Device device;
    private final boolean isNccl;
    private final Arena arena = new Arena();
    private final Backend backend;

    /** For what lies on the CPU. */
    private final Backend onHost;

    private final ProcessGroup group;
    private Optional<LostRank> lost = Optional.empty();

    /** Whether the program does not wait for what GPUs exchange. Backward passes ask in a thread of LibTorch's. */
    private volatile boolean isDeferred;

    private boolean hasLeft;

    private ProcessRanks(World world, Rendezvous where, Distributed config, Device device, Meeting meeting) {
        this.world = world;
        this.meeting = meeting;
        this.timeout = config.timeout();
        this.device = device;
        this.isNccl = carrier(config, device) == Distributed.Carrier.NCCL;
        Milliseconds limit = arena.own(() -> new Milliseconds(timeout.toMillis()));
        Store store = store(where, limit);
        this.backend = arena.own(() -> isNccl ? nccl(store) : gloo(store, limit));
        this.onHost = isNccl ? arena.own(() -> gloo(new PrefixStore("host", store).clone(), limit)) : backend;
        this.group = arena.own(() -> {
            ProcessGroup fresh = new ProcessGroup(store, world.rank(), world.size());
            ProcessGroup.BackendType type = isNccl ? ProcessGroup.BackendType.NCCL : ProcessGroup.BackendType.GLOO;
            BackendOptional optional = new BackendOptional();
            optional.put(backend);
            if (!isNccl) {
                fresh.setBackend(DeviceType.CPU, type, optional);
            }
            if (device.is_cuda()) {
                fresh.setBackend(DeviceType.CUDA, type, optional);
            }
            fresh.setDefaultBackend(type);
            return fresh;
        });
    }

    static ProcessRanks join(
            World world, Rendezvous where, Distributed config, Device device, Map<String, String> agreed) {
        Meeting meeting = Meeting.join(world, where, config.timeout(), agreed);
        try {
            return new ProcessRanks(world, where, config, device, meeting);
        } catch (RuntimeException failed) {
            meeting.close();
            throw failed;
        }
    }

    private static Distributed.Carrier carrier(Distributed config, Device device) {
        if (config.backend() == Distributed.Carrier.NCCL && !device.is_cuda()) {
            throw new UserError(
                    UserError.USAGE,
                    "distributed.backend = nccl is for GPUs, and this process computes on the CPU; use auto or gloo.");
        }
        boolean isNccl = config.backend() == Distributed.Carrier.NCCL
                || (config.backend() == Distributed.Carrier.AUTO && device.is_cuda());
        return isNccl ? Distributed.Carrier.NCCL : Distributed.Carrier.GLOO;
    }

    // --- Making it
    // ----------------------------------------------------------------------------------------------------

    /** Where the group's members leave each other their addresses. Rank 0 keeps it, at a port that the system chooses. */
    private Store store(Rendezvous where, Milliseconds timeout) {
        return arena.own(() -> {
            if (world.isFirst()) {
                TCPStore own = new TCPStore(where.host(), options(0, timeout));
                meeting.tell(() -> Integer.toString(Short.toUnsignedInt(own.getPort())));
                // A handle of the store itself: LibTorch shares the object behind this one only.
                return own.clone();
            }
            int port = Integer.parseInt(meeting.tell(() -> ""));
            return new TCPStore(where.host(), options(port, timeout)).clone();
        });
    }

    private TCPStoreOptions options(int port, Milliseconds timeout) {
        TCPStoreOptions options = new TCPStoreOptions();
        options.port((short) port);
        options.isServer(world.isFirst());
        options.numWorkers(new SizeTPointer(1).put(world.size()));
        // They have met already.
        options.waitWorkers(false);
        options.timeout(timeout);
        return options;
    }

    private Backend gloo(Store store, Milliseconds timeout) {
        ProcessGroupGloo.Options options = ProcessGroupGloo.Options.create(timeout);
        String named = System.getenv(INTERFACE);
        InetAddress address = meeting.localAddress();
        options.devices(new GlooDeviceVector(
                named == null
                        ? ProcessGroupGloo.createDeviceForHostname(address.getHostAddress())
                        : ProcessGroupGloo.createDeviceForInterface(named)));
        return new ProcessGroupGloo(store, world.rank(), world.size(), options);
    }

    private Backend nccl(Store store) {
        try {
            return Nccl.join(store, world, timeout);
        } catch (LinkageError missing) {
            throw new UserError(
                    UserError.FAILED,
                    "distributed.backend = nccl needs LibTorch's GPU build and the library libnccl.so.2 (" + missing
                            + "); build with CONTRAST4J_MAVEN_ARGS=-Pgpu, or use distributed.backend=gloo.",
                    missing);
        }
    }

    // --- Using it
    // -----------------------------------------------------------------------------------------------------

    @Override
    public World world() {
        return world;
    }

    /** A text that rank 0 makes, and all get. Rank 0 makes it, such as a last checkpoint, even where another is lost. */
    String tell(Supplier<String> first) {
        if (lost.isPresent() && !world.isFirst()) {
            throw again();
        }
        try {
            return meeting.tell(first);
        } catch (LostRank gone) {
            lost = Optional.of(gone);
            throw gone;
        }
    }

    /**
     * Whoever tries again, to save the state, must not wait again. It says the same as the first time, which may have been where
     * the work could go on.
     */
    private LostRank again() {
        LostRank first = lost.orElseThrow();
        return new LostRank(String.valueOf(first.getMessage()), first);
    }

    /** For what of c10d takes it. */
    ProcessGroup group() {
        return group;
    }

    /** What carries it, from where it lies. */
    private Backend carrying(Tensor tensor) {
        return tensor.device().is_cpu() ? onHost : backend;
    }

    @Override
    public Tensor gather(Tensor rows) {
        try (NoGrad noGrad = NoGrad.open()) {
            Tensor own = rows.detach().contiguous();
            long[] shape = Tensors.shape(own);
            shape[0] *= world.size();
            Tensor all = torch.torch_empty(shape, own.options(), null);
            complete(isBehind(own), () -> carrying(own)._allgather_base(all, own));
            return all;
        }
    }

    @Override
    public Tensor exchange(Tensor rows) {
        if (rows.size(0) % world.size() != 0) {
            throw new IllegalArgumentException(
                    rows.size(0) + " rows cannot be dealt out to " + world.size() + " ranks in equal parts");
        }
        try (NoGrad noGrad = NoGrad.open()) {
            Tensor given = rows.detach().contiguous();
            Tensor taken = torch.empty_like(given);
            complete(
                    isBehind(given),
                    () -> carrying(given).alltoall_base(taken, given, new LongVector(), new LongVector()));
            return taken;
        }
    }

    @Override
    public void sum(List<Tensor> tensors) {
        FlatTensors.change(tensors, flat -> complete(true, () -> carrying(flat).allreduce(new TensorVector(flat))));
    }

    @Override
    public void broadcast(List<Tensor> tensors) {
        FlatTensors.change(
                tensors,
                flat -> complete(true, () -> {
                    BroadcastOptions fromFirst = new BroadcastOptions();
                    fromFirst.rootRank(0);
                    return carrying(flat).broadcast(new TensorVector(flat), fromFirst);
                }));
    }

    /** Numbers that never came do no harm until they are taken back; an index that never came ends all work of the GPU. */
    private static boolean isBehind(Tensor rows) {
        return rows.is_floating_point();
    }

    /** @param isBehind whether the program may go on before it is complete, where it need not wait for exchanges at all */
    private void complete(boolean isBehind, Supplier<Work> begun) {
        together(() -> {
            try (Scope scope = Scope.open()) {
                Work work = begun.get();
                if (isNccl && !(isDeferred && isBehind)) {
                    Nccl.await(work::isCompleted, meeting::isBroken, timeout);
                }
                work._wait();
            }
        });
    }

    /** See {@link Gradients#begin}. */
    void defer() {
        isDeferred = isNccl;
    }

    @Override
    public void settle() {
        if (isNccl) {
            together(() -> Nccl.await(device, meeting::isBroken, timeout));
            isDeferred = false;
        }
    }

    /**
     * Runs something that exchanges data with the others.
     *
     * @throws LostRank in place of what LibTorch throws when that fails
     */
    void together(Runnable exchange) {
        if (lost.isPresent()) {
            throw again();
        }
        try {
            exchange.run();
        } catch (LostRank known) {
            lost = Optional.of(known);
            giveUp();
            throw known;
        } catch (UserError known) {
            throw known;
        } catch (RuntimeException failed) {
            if (OutOfMemory.is(failed) || GpuFailure.said(failed).isPresent()) {
                // The others are there; it is this process that cannot go on.
                throw failed;
            }
            LostRank explained = meeting.explain(failed);
            lost = Optional.of(explained);
            giveUp();
            throw explained;
        }
    }

    /** The GPU goes on, without what it has waited for, so that the state can be saved. */
    private void giveUp() {
        leave(backend::abort);
    }

    @Override
    public void close() {
        meeting.close();
        // In order, which all ranks do together; or at once, where one of them cannot, or this one stops within a step.
        leave(lost.isPresent() || isDeferred ? backend::abort : backend::shutdown);
        arena.close();
    }

    private void leave(Runnable way) {
        if (!isNccl || hasLeft) {
            return;
        }
        hasLeft = true;
        try {
            way.run();
        } catch (RuntimeException failed) {
            // The process ends, and has said why if there is a reason.
            LOG.debug("NCCL: {}", String.valueOf(failed.getMessage()));
        }
    }
}
