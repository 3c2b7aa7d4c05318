package io.contrast4j.cli;

import io.contrast4j.checkpoint.CheckpointFiles;
import io.contrast4j.checkpoint.PthListing;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "inspect",
        description = {
            "Shows what is in a checkpoint: which program wrote it, its parts, the options of the run, and the tree of all"
                    + " values with the shapes, types and sizes of tensors.",
            "",
            "The tensors are not loaded, and nothing in the file is executed."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j checkpoint inspect moco_v2_800ep_pretrain.pth.tar",
            "  contrast4j checkpoint inspect --summary runs/tiny/*/checkpoints/best.pth"
        })
final class CheckpointInspectCommand implements Runnable {
    @Parameters(arity = "1..*", paramLabel = "FILE", description = "A .pth, .pt, .pth.tar, .ckpt or .safetensors file.")
    private List<Path> files = List.of();

    @Option(names = "--summary", description = "Leaves out the tree.")
    private boolean summary;

    @Override
    public void run() {
        for (Path file : files) {
            PthListing listing = CheckpointFiles.list(file);
            CheckpointReport report = new CheckpointReport(file, listing);
            System.out.print(report.summary());
            if (!summary) {
                System.out.print(report.tree());
            }
        }
    }
}
