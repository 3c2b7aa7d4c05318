package io.contrast4j.cli;

import io.contrast4j.data.MemoryFormat;
import io.contrast4j.nn.Backbone;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

@Command(
        name = "model",
        description = {
            "Measures training steps of encoders on noise: forward pass, backward pass and the step of SGD.",
            "Figures are medians, in milliseconds."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j bench model",
            "  contrast4j bench model torchvision-resnet depth=18 stem=cifar --input 3x32x32 --batch 64",
            "  contrast4j bench model resnet --input 3x224x224 --dtype bf16 --memory-format channels-last"
        })
final class BenchModelCommand implements Callable<Integer> {
    private static final int WARM_UP = 3;

    /** Tried in this order where no input is given. */
    private static final List<PictureShape> USUAL = List.of(new PictureShape(3, 64, 64), new PictureShape(3, 224, 224));

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "NAME",
            description = "A type of encoder, as 'contrast4j model list' names them (default: all of them).")
    private Optional<String> name = Optional.empty();

    @Parameters(index = "1..*", paramLabel = "KEY=VALUE", description = "Options of the encoder, such as depth=18.")
    private List<String> options = List.of();

    @Option(
            names = "--input",
            paramLabel = "CxHxW",
            converter = PictureShape.Converter.class,
            description = "Channels, height and width of the pictures (default: 3x64x64; 3x224x224 for encoders that"
                    + " take no smaller ones).")
    private Optional<PictureShape> input = Optional.empty();

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "16",
            description = "Pictures in a step, 2 or more (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            defaultValue = "float32",
            converter = TypeConverter.class,
            description = "What convolutions and products are computed in: float32, or bf16 with autocast (default:"
                    + " ${DEFAULT-VALUE}).")
    private ScalarType type = ScalarType.Float;

    @Option(
            names = "--memory-format",
            paramLabel = "ORDER",
            defaultValue = "contiguous",
            converter = OrderConverter.class,
            description = "Order of pictures and weights in memory: contiguous or channels-last (default:"
                    + " ${DEFAULT-VALUE}).")
    private MemoryFormat order = MemoryFormat.CONTIGUOUS;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "auto",
            description = "auto, cpu, cuda or cuda:N (default: ${DEFAULT-VALUE}).")
    private String device = "auto";

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "10",
            description = "Steps that are measured, after " + WARM_UP + " that are not (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--paced",
            description = "For taking turns with another program: each step waits for a line on standard input, and is"
                    + " answered by a line with the times of its forward pass, backward pass and optimizer.")
    private boolean paced;

    @Mixin
    private BenchReport report = new BenchReport();

    /** A line of the table. */
    private record Row(
            String encoder,
            String input,
            int batch,
            double forwardMillis,
            double backwardMillis,
            double optimizerMillis,
            double stepMillis,
            double imagesPerSecond) {}

    @Override
    public Integer call() throws IOException {
        check();
        List<ModelBench.Setting> settings = (name.isPresent() ? Stream.of(name.get()) : NamedEncoder.names().stream())
                .map(type -> setting(NamedEncoder.of(type, options)))
                .toList();
        Natives.announce();
        try (Arena arena = new Arena()) {
            Device chosen = arena.own(() -> Devices.choose(device));
            if (paced) {
                answer(settings.get(0), chosen);
            } else {
                table(settings, chosen);
            }
        }
        return 0;
    }

    private void check() {
        if (name.isPresent() && !NamedEncoder.names().contains(name.get())) {
            throw wrong(
                    "'" + name.get() + "' is no encoder; the encoders are " + String.join(", ", NamedEncoder.names()));
        }
        if (batch < 2 || batch > 65_536) {
            throw wrong("--batch " + batch + " must be 2 to 65536: batch norm compares pictures");
        }
        if (rounds < 1 || rounds > 100_000) {
            throw wrong("--rounds " + rounds + " must be 1 to 100000");
        }
        if (!device.matches("auto|cpu|cuda(:\\d{1,3})?")) {
            throw wrong("--device " + device + " must be auto, cpu, cuda or cuda:N");
        }
        if (paced && name.isEmpty()) {
            throw wrong("--paced is for one encoder: name it");
        }
        report.check(Objects.requireNonNull(spec).commandLine());
    }

    private ParameterException wrong(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }

    private ModelBench.Setting setting(Backbone.Config encoder) {
        PictureShape shape = input.orElseGet(() -> USUAL.stream()
                .filter(usual ->
                        encoder.sizeProblem(usual.height(), usual.width()).isEmpty())
                .findFirst()
                .orElseThrow(() -> wrong("--input is needed: the sides must be "
                        + encoder.sizeProblem(
                                        USUAL.get(0).height(), USUAL.get(0).width())
                                .orElseThrow())));
        encoder.sizeProblem(shape.height(), shape.width()).ifPresent(problem -> {
            throw new UserError(
                    UserError.USAGE,
                    "--input " + shape + ": the sides must be " + problem + ", for " + ModelTable.title(encoder) + ".");
        });
        return new ModelBench.Setting(encoder, shape, batch, type, order);
    }

    private void table(List<ModelBench.Setting> settings, Device chosen) {
        System.out.println(
                "machine   " + String.join(", ", BenchReport.machine().values()));
        System.out.println("device    " + chosen.str().getString() + ", " + torch.get_num_threads() + " threads");
        System.out.println(
                "steps     " + batch + " pictures, " + typeName() + ", " + orderName() + ", median of " + rounds);
        System.out.println();
        System.out.printf(
                "%-22s %-12s %10s %10s %10s %10s %10s%n",
                "encoder", "input", "forward", "backward", "optimizer", "step", "images/s");
        List<Row> rows = new ArrayList<>();
        for (ModelBench.Setting setting : settings) {
            Row row = measure(setting, chosen);
            System.out.printf(
                    Locale.ROOT,
                    "%-22s %-12s %10.1f %10.1f %10.1f %10.1f %10.1f%n",
                    row.encoder.split(" ")[0],
                    row.input,
                    row.forwardMillis,
                    row.backwardMillis,
                    row.optimizerMillis,
                    row.stepMillis,
                    row.imagesPerSecond);
            rows.add(row);
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("device", chosen.str().getString());
        figures.put("threads", torch.get_num_threads());
        figures.put("dtype", typeName());
        figures.put("memoryFormat", orderName());
        figures.put("rounds", rounds);
        figures.put("rows", rows);
        report.write(figures);
    }

    private Row measure(ModelBench.Setting setting, Device chosen) {
        try (ModelBench bench = new ModelBench(setting, chosen)) {
            IntStream.range(0, WARM_UP).forEach(i -> bench.step());
            List<ModelBench.Times> steps =
                    IntStream.range(0, rounds).mapToObj(i -> bench.step()).toList();
            ModelBench.Times median = ModelBench.Times.median(steps);
            double step = ModelBench.Times.median(steps, ModelBench.Times::together);
            return new Row(
                    ModelTable.title(setting.encoder()),
                    setting.input().toString(),
                    batch,
                    median.forward(),
                    median.backward(),
                    median.optimizer(),
                    step,
                    batch * 1000 / step);
        }
    }

    /** One step for each line that comes in. */
    private void answer(ModelBench.Setting setting, Device chosen) throws IOException {
        try (ModelBench bench = new ModelBench(setting, chosen);
                BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            while (lines.readLine() != null) {
                ModelBench.Times times = bench.step();
                System.out.printf(
                        Locale.ROOT, "%.3f %.3f %.3f%n", times.forward(), times.backward(), times.optimizer());
                System.out.flush();
            }
        }
    }

    private String typeName() {
        return type == ScalarType.Float ? "float32" : "bf16";
    }

    private String orderName() {
        return order == MemoryFormat.CONTIGUOUS ? "contiguous" : "channels-last";
    }

    static final class TypeConverter implements ITypeConverter<ScalarType> {
        @Override
        public ScalarType convert(String text) {
            return switch (text) {
                case "float32" -> ScalarType.Float;
                case "bf16" -> ScalarType.BFloat16;
                default -> throw new TypeConversionException("'" + text + "' must be float32 or bf16");
            };
        }
    }

    static final class OrderConverter implements ITypeConverter<MemoryFormat> {
        @Override
        public MemoryFormat convert(String text) {
            return switch (text) {
                case "contiguous" -> MemoryFormat.CONTIGUOUS;
                case "channels-last" -> MemoryFormat.CHANNELS_LAST;
                default -> throw new TypeConversionException("'" + text + "' must be contiguous or channels-last");
            };
        }
    }
}
