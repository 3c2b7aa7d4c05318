package io.contrast4j.cli;

import io.contrast4j.eval.Confusion;
import io.contrast4j.image.ShareMap;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What is told of single classes, as tables in a folder: {@code per-class.csv}, and {@code confusion-NAME.csv} for each of what was
 * judged, with a row for each right class and a column for each class that it is taken for; the same as a picture, unless there are
 * more classes than such a picture can show.
 */
final class ClassTables {
    private static final int MOST_DRAWN = 2000;

    private final Path folder;
    private final List<String> classes;

    ClassTables(Path folder, List<String> classes) {
        this.folder = folder;
        this.classes = classes;
    }

    /** @throws UserError if they cannot be written */
    void write(Map<String, Confusion> judged) {
        StringBuilder text = new StringBuilder("class,pictures");
        judged.keySet().forEach(name -> text.append(',').append(quoted(name)));
        text.append('\n');
        for (int label = 0; label < classes.size(); label++) {
            int one = label;
            text.append(quoted(classes.get(label)));
            text.append(',').append(judged.values().iterator().next().pictures(label));
            judged.values()
                    .forEach(confusion -> text.append(String.format(Locale.ROOT, ",%.2f", confusion.accuracy(one))));
            text.append('\n');
        }
        write("per-class.csv", text);
        judged.forEach((name, confusion) -> {
            write("confusion-" + name + ".csv", table(confusion));
            if (classes.size() <= MOST_DRAWN) {
                try (Scope scope = Scope.open()) {
                    new ShareMap(classes, confusion.counts()).write(folder.resolve("confusion-" + name + ".png"));
                }
            }
        });
    }

    private StringBuilder table(Confusion confusion) {
        StringBuilder text = new StringBuilder("class");
        classes.forEach(name -> text.append(',').append(quoted(name)));
        text.append('\n');
        for (int label = 0; label < classes.size(); label++) {
            text.append(quoted(classes.get(label)));
            for (long count : confusion.counts()[label]) {
                text.append(',').append(count);
            }
            text.append('\n');
        }
        return text;
    }

    private static String quoted(String name) {
        return name.matches("[^\",\\r\\n]*") ? name : '"' + name.replace("\"", "\"\"") + '"';
    }

    private void write(String name, StringBuilder text) {
        Path file = folder.resolve(name);
        try {
            Files.writeString(file, text);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    file + " cannot be written (" + Reasons.of(failed) + "): " + Reasons.remedy(failed) + ".",
                    failed);
        }
    }
}
