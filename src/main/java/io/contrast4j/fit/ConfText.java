package io.contrast4j.fit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Writes a plan as HOCON that a person goes on with: short, with a comment above every choice that says why. */
public final class ConfText {
    private static final int WIDTH = 120;

    /** Fewer steps in all, and a key encoder that keeps 0.999 of itself would hardly leave its random weights. */
    private static final long MANY_STEPS = 20_000;

    private static final int VALIDATIONS = 5;
    private static final int MOST_NEIGHBOURS = 200;

    private final Plan plan;
    private final Pictures pictures;
    private final boolean hasGpu;
    private final StringBuilder text = new StringBuilder();

    private ConfText(Plan plan, Pictures pictures, boolean hasGpu) {
        this.plan = plan;
        this.pictures = pictures;
        this.hasGpu = hasGpu;
    }

    /**
     * What the file is about.
     *
     * @param name of the run
     * @param header sentences that it begins with
     * @param data the settings of its section {@code data}, with its {@code type}
     * @param dataWhy what they are
     * @param damage a sentence about pictures that cannot be read; blank if there are none
     * @param device that it is for, as the key {@code device} says it
     */
    public record Subject(
            String name, List<String> header, Map<String, Object> data, String dataWhy, String damage, String device) {
        public Subject {
            header = List.copyOf(header);
            data = Map.copyOf(data);
        }

        /** The same with other sentences at the beginning. */
        public Subject withHeader(List<String> other) {
            return new Subject(name, other, data, dataWhy, damage, device);
        }
    }

    /** The whole file. */
    public static String of(Subject subject, Plan plan, Pictures pictures, Machine machine) {
        ConfText conf = new ConfText(plan, pictures, machine.hasGpu());
        conf.write(subject);
        return conf.text.toString();
    }

    private void write(Subject subject) {
        subject.header.forEach(this::why);
        line("name = " + subject.name);
        if (!subject.device.equals("auto")) {
            line("device = \"" + subject.device + '"');
        }
        text.append('\n');
        why(subject.dataWhy);
        List<String> settings = new ArrayList<>(List.of("type = " + subject.data.get("type")));
        new TreeMap<>(subject.data)
                .forEach((key, value) -> settings.add("type".equals(key) ? "" : key + " = " + quoted(value)));
        settings.removeIf(String::isEmpty);
        line("data { " + String.join(", ", settings) + " }");
        boolean isDamaged = !subject.damage.isBlank();
        why("A thread for each core, 16 at most."
                + (isDamaged ? " " + subject.damage + " Others take the places of those that cannot be read." : ""));
        line("loader { workers = " + plan.workers() + (isDamaged ? ", on-corrupt = replace" : "") + " }");
        text.append('\n');
        views();
        encoder();
        text.append('\n');
        method();
        text.append('\n');
        training();
        evaluation();
    }

    private void views() {
        boolean isCmc = plan.technique() == Technique.CMC;
        boolean isOneCrop = plan.technique().hasBank();
        String reason = "Pictures have " + pictures.side() + " pixels (the shorter side, median)"
                + (hasGpu || plan.size() >= pictures.side()
                        ? "."
                        : "; without a GPU crops of " + plan.size() + " keep steps short.");
        String recipe = isCmc ? "cmc-resnet" : plan.isSmall() ? "selfcon-imagenet" : "moco-v2";
        String details = isCmc
                ? " Luminance and colours are the two views."
                : " The crops are those of " + (plan.isSmall() ? "SimCLR without its blur" : "MoCo v2")
                        + (pictures.isGrey() ? ", without what changes colours: the pictures are grey." : ".");
        why(reason + details);
        int resize = plan.size() >= pictures.side() ? plan.size() : Math.round(plan.size() * 8 / 7f);
        line("views = ${recipes." + recipe + "} { crops = " + (isOneCrop ? 1 : 2) + ", size = " + plan.size()
                + ", evaluation { resize = " + resize + ", size = " + plan.size() + " } }");
        if (pictures.isGrey()) {
            greyViews();
        }
    }

    private void greyViews() {
        line("views {");
        line("  groups = [[0]]");
        line("  normalization { mean = " + rounded(pictures.mean()) + ", deviation = " + rounded(pictures.deviation())
                + " }");
        line("  transforms = [");
        line("    { type = random-resized-crop, min-area = 0.2 }");
        line("    { type = color-jitter, saturation = 0, hue = 0 }");
        if (!plan.isSmall()) {
            line("    { type = gaussian-blur }");
        }
        line("    { type = flip }");
        line("  ]");
        line("}");
    }

    private void encoder() {
        why("ResNet-" + plan.depth() + " with " + plan.channels() + " channels: " + pictures.count() + " pictures, "
                + (hasGpu ? "a GPU" : "no GPU")
                + (plan.isSmall() && plan.technique() != Technique.CMC
                        ? "; CIFAR's stem leaves small pictures their pixels."
                        : "."));
        if (plan.technique() == Technique.CMC) {
            line("encoder { type = resnet, depth = " + plan.depth() + ", width = " + number(plan.channels() / 64.0)
                    + " }");
        } else {
            line("encoder { type = torchvision-resnet, depth = " + plan.depth() + ", channels = " + plan.channels()
                    + ", stem = " + (plan.isSmall() ? "cifar" : "imagenet") + ", head = mlp }");
        }
    }

    private void method() {
        why(plan.technique().about() + ".");
        switch (plan.technique()) {
            case MOCO -> moco();
            case ALIGN_UNIFORM -> {
                line("method { type = align-uniform }");
                inBatch(
                        "objective { type = align-uniform, align { weight = 1, alpha = 2 }, uniform { weight = 1, t = 2 } }");
            }
            case SIMCLR -> {
                line("method { type = selfcon, rows = end, positives = same-picture }");
                inBatch("objective { type = infonce, temperature = 0.2 }");
            }
            case SUPCON -> {
                line("method { type = selfcon, rows = end, positives = same-class }");
                inBatch("objective { type = infonce, temperature = 0.1 }");
            }
            case INSDIS -> bank("insdis");
            case CMC -> bank("cmc");
        }
    }

    private void moco() {
        long steps = (long) plan.epochs() * plan.stepsPerEpoch(pictures.count());
        boolean isLong = steps >= MANY_STEPS;
        why(steps + " steps: "
                + (isLong ? "as published." : "fewer than published, so the key encoder follows faster."));
        line("method { type = moco, momentum = " + (isLong ? "0.999" : "0.99") + " }");
        why(
                "At most half of the pictures, and 65536 as published: a longer queue would hold keys of the picture itself.");
        line("store { type = queue, size = " + plan.others() + ", start = unit }");
        line("negatives { type = all }");
        line("objective { type = infonce, temperature = 0.2 }");
    }

    private void inBatch(String objective) {
        line("store { type = none }");
        line("negatives { type = in-batch }");
        line(objective);
    }

    private void bank(String type) {
        line("method { type = " + type + " }");
        line("store { type = memory-bank }");
        why(
                "At most half of the pictures, and 4096 as published. InfoNCE: the constant of NCE goes wrong on few pictures.");
        line("negatives { type = uniform, count = " + plan.others() + " }");
        line("objective { type = infonce, temperature = 0.07 }");
    }

    private void training() {
        boolean isLarge = plan.depth() > 18;
        why((isLarge ? "As published for ResNet-50" : "As align-uniform's example trains a small network")
                + ": this rate for batches of 256, less for smaller ones.");
        line("optimizer { type = sgd, learning-rate = " + (isLarge ? "0.03" : "0.12") + ", weight-decay = 1e-4 }");
        line("schedule { type = cosine, reference-batch = 256 }");
        int usual = Rules.epochs(pictures.count());
        why("Batches of " + plan.batch() + " make " + plan.stepsPerEpoch(pictures.count())
                + " steps an epoch; the fewer"
                + " pictures, the smaller. "
                + (plan.epochs() < usual
                        ? plan.epochs() + " epochs fit the time; " + usual + " would be usual for so many pictures."
                        : usual + " epochs: the fewer pictures, the more passes over them."));
        line("train { epochs = " + plan.epochs() + ", batch-size = " + plan.batch() + " }");
    }

    private void evaluation() {
        if (pictures.classes() == 0) {
            why(
                    "There are no classes: accuracies will be 100 % and mean nothing. report.html shows what is near what.");
            line("eval { every-epochs = 0, random-weights = false }");
            return;
        }
        int neighbours = Math.max(1, Math.min(MOST_NEIGHBOURS, pictures.count() / pictures.classes() / 2));
        why("At most half of an average class votes. Judged " + VALIDATIONS + " times while training.");
        line("eval { every-epochs = " + Math.max(1, plan.epochs() / VALIDATIONS) + ", knn { k = " + neighbours
                + " } }");
    }

    /** Comments, at most as wide as the page. */
    private void why(String sentence) {
        StringBuilder comment = new StringBuilder("#");
        for (String word : sentence.replaceAll("\\p{Cntrl}", "?").split(" ")) {
            if (comment.length() + 1 + word.length() > WIDTH) {
                line(comment.toString());
                comment = new StringBuilder("#");
            }
            comment.append(' ').append(word);
        }
        line(comment.toString());
    }

    private void line(String line) {
        text.append(line).append('\n');
    }

    private static String rounded(List<Double> values) {
        return values.stream()
                .map(value -> String.format(Locale.ROOT, "%.3f", value))
                .toList()
                .toString();
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString(Math.round(value)) : Double.toString(value);
    }

    /** As HOCON, which takes JSON's texts. */
    private static String quoted(Object value) {
        StringBuilder quoted = new StringBuilder("\"");
        value.toString().chars().forEach(c -> {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append((char) c);
            } else if (c < ' ') {
                quoted.append(String.format(Locale.ROOT, "\\u%04x", c));
            } else {
                quoted.append((char) c);
            }
        });
        return quoted.append('"').toString();
    }
}
