package io.contrast4j.cli;

import io.contrast4j.data.ClassNames;
import io.contrast4j.metrics.TaskProgress;
import io.contrast4j.prepare.ClassSubset;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

@Command(
        name = "subset",
        description = {
            "Makes an image folder of some classes of another one.",
            "",
            "The source has train/ and val/ with a folder for each class, or the class folders directly. The subset is"
                    + " complete or not there at all."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j data subset /data/imagenet data/imagenet-100 --classes imagenet-100",
            "  contrast4j data subset /data/imagenet data/dogs --classes dogs.txt --link copy"
        })
final class DataSubsetCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "SRC", description = "The image folder with all classes.")
    private Path source = Path.of("");

    @Parameters(index = "1", paramLabel = "DST", description = "The folder to make; it must not be there.")
    private Path target = Path.of("");

    @Option(
            names = "--classes",
            required = true,
            paramLabel = "FILE",
            description = "The classes: a file with the name of a class folder on each line, or "
                    + ClassNames.IMAGENET_100 + " for the published list (write ./" + ClassNames.IMAGENET_100
                    + " for a file of that name).")
    private String classes = "";

    @Option(
            names = "--link",
            paramLabel = "HOW",
            converter = Links.class,
            description =
                    "symbolic: a symbolic link for each class folder (default). hard: folders with hard links to the"
                            + " files, on the same file system. copy: folders with copies of the files.")
    private ClassSubset.Link link = ClassSubset.Link.SYMBOLIC;

    @Option(
            names = "--force",
            description =
                    "Replaces a subset that is there: its links, and folders that this command made. Other folders"
                            + " are never deleted.")
    private boolean force;

    /** The names of the links in lower case, as all options are. */
    private static final class Links implements ITypeConverter<ClassSubset.Link> {
        @Override
        public ClassSubset.Link convert(String text) {
            List<String> names = Arrays.stream(ClassSubset.Link.values())
                    .map(link -> link.name().toLowerCase(Locale.ROOT))
                    .toList();
            if (!names.contains(text)) {
                throw new TypeConversionException(text + " must be one of " + String.join(", ", names));
            }
            return ClassSubset.Link.values()[names.indexOf(text)];
        }
    }

    @Override
    public Integer call() {
        ClassNames names = ClassNames.read(classes);
        ClassSubset.Made made;
        if (link == ClassSubset.Link.SYMBOLIC) {
            made = ClassSubset.make(source, target, names, link, force, files -> {});
        } else {
            String title = link == ClassSubset.Link.HARD ? "linking" : "copying";
            try (TaskProgress progress = new TaskProgress(title, TaskProgress.Unit.FILES, 0, -1)) {
                made = ClassSubset.make(source, target, names, link, force, progress::add);
            }
        }
        String parts = made.parts().stream()
                .filter(part -> !part.isEmpty())
                .map(part -> part + "/")
                .collect(Collectors.joining(" and "));
        System.out.println(target + ": " + made.classes() + " classes"
                + (parts.isEmpty() ? "" : " in " + parts)
                + (link == ClassSubset.Link.SYMBOLIC
                        ? ", by symbolic links"
                        : ", " + made.files() + " files, "
                                + (link == ClassSubset.Link.HARD ? "by hard links" : "copied")));
        return 0;
    }
}
