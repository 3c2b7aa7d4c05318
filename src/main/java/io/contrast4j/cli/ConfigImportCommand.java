package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.flags.ConfigImport;
import io.contrast4j.flags.PublishedSource;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "import",
        description = {
            "Translates a command line of a published program, or a JSON file of ring's, into a configuration.",
            "",
            "Every line says which option it comes from. docs/flags/ lists all options and what becomes of them."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j config import --from cmc \"train_CMC.py --model resnet50v1 --view YCbCr\"",
            "  contrast4j config import --from cmc \"LinearProbing.py --layer 5 --model_path alexnet.pth\" --out linear.conf",
            "  contrast4j config import --from ring \"nce_ring.json --dataset stl10\" --out ring.conf"
        })
final class ConfigImportCommand implements Callable<Integer> {
    @Option(
            names = "--from",
            required = true,
            paramLabel = "SOURCE",
            description = "Whose program it is: cmc, moco, align-uniform, ring or selfcon.")
    private String source = "";

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "The file that is written; without it, the configuration is printed.")
    private Optional<Path> out = Optional.empty();

    @Parameters(
            paramLabel = "COMMAND",
            description = "The command, as one argument in quotes; the content or the name of a JSON file.")
    private String command = "";

    @Override
    public Integer call() {
        ConfigImport.Imported imported = ConfigImport.of(PublishedSource.of(source), command);
        String hocon = imported.hocon();
        ConfigFile file = ConfigFile.parse(hocon, "imported");
        if (imported.isEvaluation()) {
            file.bindWithoutFiles(EvalConfig.class);
        } else {
            file.bindWithoutFiles(RunConfig.class);
        }
        if (out.isEmpty()) {
            System.out.print(hocon);
            return 0;
        }
        try {
            Files.writeString(out.get(), hocon);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    out.get() + " cannot be written (" + Reasons.of(failed) + "); choose another file.",
                    failed);
        }
        return 0;
    }
}
