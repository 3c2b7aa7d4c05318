package io.contrast4j.cli;

import io.contrast4j.checkpoint.CheckpointFiles;
import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.checkpoint.PthListing;
import io.contrast4j.checkpoint.SafeTensors;
import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "verify",
        description = {
            "Reads checkpoints as a whole and says whether they are undamaged.",
            "",
            "Every tensor must lie in its storage and every storage in the file; of a zip file all checksums are computed."
                    + " The format before PyTorch 1.6 and safetensors have no checksums."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {" 0:all are undamaged", " 1:one is damaged or cannot be read", " 2:wrong usage"},
        footerHeading = "%nExample:%n",
        footer = "  contrast4j checkpoint verify runs/tiny/*/checkpoints/*.pth")
final class CheckpointVerifyCommand implements Callable<Integer> {
    @Parameters(arity = "1..*", paramLabel = "FILE", description = "A .pth, .pth.tar, .ckpt or .safetensors file.")
    private List<Path> files = List.of();

    @Override
    public Integer call() {
        int code = 0;
        for (Path file : files) {
            try {
                boolean safe = CheckpointFiles.isSafeTensors(file);
                PthListing listing = safe ? SafeTensors.list(file) : PthFile.verify(file);
                System.out.println(file + " is undamaged"
                        + (listing.container().equals("zip")
                                ? ": its structure and all checksums are right"
                                : " as far as can be seen: its structure is right, and its format has no checksums"));
            } catch (UserError damaged) {
                System.err.println("contrast4j: " + damaged.getMessage());
                code = damaged.exitCode();
            }
        }
        return code;
    }
}
