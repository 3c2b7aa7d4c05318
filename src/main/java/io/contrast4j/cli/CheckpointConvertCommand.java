package io.contrast4j.cli;

import io.contrast4j.checkpoint.CheckpointFiles;
import io.contrast4j.checkpoint.Conversion;
import io.contrast4j.checkpoint.DetectronFile;
import io.contrast4j.checkpoint.Plain;
import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.checkpoint.Recognized;
import io.contrast4j.checkpoint.SafeTensors;
import io.contrast4j.checkpoint.Trees;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

@Command(
        name = "convert",
        description = {
            "Writes a checkpoint as another program reads it.",
            "",
            "The source is recognised by its keys. A key that such a source does not have is an error, and so is a part"
                    + " that the target needs.",
            "",
            "Targets: torchvision, a ResNet's state dict without fc; moco, as MoCo and align-uniform save it;"
                    + " lincls, as their linear evaluation saves it, of what eval linear wrote; ring, a"
                    + " checkpoint of Lightning as the ring negatives' scripts read it; cmc and"
                    + " selfcon, as those save it, with a Namespace of options, which torch.load reads with"
                    + " weights_only=False only; detectron2, the pickle that Detectron2 starts a backbone from;"
                    + " safetensors, the state dict under the file's own names, or a part under its names within; pth, the"
                    + " whole file in today's format, of plain values that weights_only=True accepts."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j checkpoint convert moco.pth.tar resnet50.pth --to torchvision",
            "  contrast4j checkpoint convert cmc.pth l.pth --to torchvision --part encoder-l --fc keep",
            "  contrast4j checkpoint convert ring.ckpt moco.pth.tar --to moco",
            "  contrast4j checkpoint convert last.pth weights.safetensors --to safetensors",
            "  contrast4j checkpoint convert old.pth.tar new.pth --to pth"
        })
final class CheckpointConvertCommand implements Runnable {
    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "IN", description = "A checkpoint of any known source.")
    private Path in = Path.of("");

    @Parameters(index = "1", paramLabel = "OUT", description = "The file to write. It must not be there yet.")
    private Path out = Path.of("");

    @Option(names = "--to", required = true, paramLabel = "TARGET", description = "${COMPLETION-CANDIDATES}.")
    private Target target = Target.pth;

    @Option(
            names = "--part",
            paramLabel = "PART",
            description =
                    "Which part, as 'checkpoint inspect' names them: encoder (the default), key-encoder, encoder-l, …")
    private Optional<String> part = Optional.empty();

    @Option(
            names = "--fc",
            paramLabel = "keep|drop",
            description = "Whether torchvision's state dict has the layers after the pooling, called fc (drop).")
    private Fc fc = Fc.drop;

    @Option(names = "--force", description = "Replaces OUT if it is there.")
    private boolean force;

    /** As written on the command line. */
    enum Target {
        torchvision,
        moco,
        lincls,
        ring,
        cmc,
        selfcon,
        detectron2,
        safetensors,
        pth
    }

    enum Fc {
        keep,
        drop
    }

    /** No source has such keys. */
    static UserError unknown(Path file) {
        return new UserError(
                UserError.FAILED,
                file + " has the keys of no known source; 'contrast4j checkpoint inspect " + file + "' shows them.");
    }

    @Override
    public void run() {
        if (Files.exists(out) && !force) {
            throw new UserError(UserError.FAILED, out + " is there already; name another file, or use --force.");
        }
        if (part.isPresent()
                && List.of(Target.ring, Target.cmc, Target.selfcon, Target.pth).contains(target)) {
            throw usage("--part has no meaning with --to " + target + ", which takes all parts");
        }
        if (fc == Fc.keep && target != Target.torchvision) {
            throw usage("--fc belongs to --to torchvision");
        }
        try (Scope scope = Scope.open()) {
            Object tree = CheckpointFiles.read(in);
            List<String> leftOut = write(tree);
            System.out.println(out + " is written"
                    + Recognized.in(tree)
                            .map(known -> ", from " + known.source().about())
                            .orElse("")
                    + (leftOut.isEmpty() ? "" : "; left out: " + String.join(", ", leftOut)));
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }

    /** @return the parts that have no place in the file */
    private List<String> write(@Nullable Object tree) {
        if (target == Target.safetensors) {
            SafeTensors.write(out, tensors(tree));
            return List.of();
        }
        if (target == Target.pth) {
            PthFile.write(out, root(Plain.of(tree)));
            return List.of();
        }
        Conversion conversion = new Conversion(Recognized.in(tree).orElseThrow(() -> unknown(in)), in.toString());
        String encoder = part.orElse("encoder");
        switch (target) {
            case detectron2 ->
                DetectronFile.write(out, conversion.torchvision(encoder, Conversion.Head.DROP), "contrast4j");
            case torchvision ->
                PthFile.write(
                        out,
                        conversion.torchvision(encoder, fc == Fc.keep ? Conversion.Head.KEEP : Conversion.Head.DROP));
            case moco -> PthFile.write(out, conversion.moco(encoder));
            case lincls -> PthFile.write(out, conversion.lincls(encoder));
            case ring -> PthFile.write(out, conversion.ring());
            case cmc -> PthFile.write(out, conversion.cmc());
            default -> PthFile.write(out, conversion.selfCon());
        }
        return conversion.leftOut();
    }

    private Map<?, ?> root(@Nullable Object plain) {
        if (plain instanceof Map<?, ?> map) {
            return map;
        }
        throw new UserError(UserError.FAILED, in + " holds no dictionary and cannot be written as a checkpoint.");
    }

    /** The tensors of the part, of the state dict, or of the whole file if its source is unknown. */
    private Map<String, Tensor> tensors(@Nullable Object tree) {
        Optional<Recognized> known = Recognized.in(tree);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        if (part.isPresent()) {
            Recognized recognized = known.orElseThrow(() -> unknown(in));
            if (recognized.part(part.get()).isEmpty()) {
                throw new UserError(
                        UserError.FAILED,
                        in + " has no part " + part.get() + "; choose one of "
                                + String.join(", ", recognized.parts().keySet()) + ".");
            }
            recognized.part(part.get()).forEach((name, value) -> put(tensors, name, value));
        } else {
            Object state =
                    known.map(recognized -> Trees.at(tree, recognized.place())).orElse(tree);
            Trees.leaves(state).forEach((name, value) -> put(tensors, name, value.orElse("")));
        }
        return tensors;
    }

    private static void put(Map<String, Tensor> tensors, String name, Object value) {
        if (value instanceof Tensor tensor) {
            tensors.put(name, tensor);
        }
    }
}
