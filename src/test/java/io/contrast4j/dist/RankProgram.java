package io.contrast4j.dist;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;

/** One of several processes of {@link ProcessesTest}; torchrun's variables say which. Prints one line. */
final class RankProgram {
    private RankProgram() {}

    /** @param args what to do, the time-out in milliseconds, and a value of the configuration */
    public static void main(String[] args) {
        Distributed config = new Distributed(
                "env://",
                Optional.empty(),
                Optional.empty(),
                false,
                Distributed.Carrier.AUTO,
                Duration.ofMillis(Long.parseLong(args[1])),
                false,
                1);
        try (Arena arena = new Arena()) {
            Placement placement = Placement.of(System.getenv(), config);
            Device cpu = arena.own(() -> Tensors.device("cpu"));
            try (Ranks ranks = Ranks.join(placement, config, cpu, Map.of("seed", args[2]));
                    Scope scope = Scope.open()) {
                System.out.println(result(args[0], (ProcessRanks) ranks));
            }
        } catch (UserError refused) {
            System.out.println(refused.getMessage());
            System.exit(refused.exitCode());
        }
    }

    private static String result(String task, ProcessRanks ranks) {
        torch.set_num_threads(1);
        switch (task) {
            case "train":
                return "weights "
                        + Arrays.toString(GradientReducerTest.trained(ranks, 1, GradientReducerTest.config(false)));
            case "exchange":
                // Until somebody is gone.
                while (true) {
                    Exchange.barrier(ranks);
                }
            default:
                throw new IllegalArgumentException(task);
        }
    }
}
