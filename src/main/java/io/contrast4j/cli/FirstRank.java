package io.contrast4j.cli;

import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.Ranks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What the first of several processes does for all, which wait for it. */
record FirstRank(Ranks ranks) {
    /** What the first process makes alone, however long that takes; nothing in the others, which wait for it. */
    <T> Optional<T> made(Supplier<T> making) {
        List<T> made = new ArrayList<>();
        Exchange.byFirst(ranks, () -> {
            made.add(making.get());
            return "";
        });
        return made.stream().findFirst();
    }

    /** What the first process has found. */
    Optional<Path> toAll(Optional<Path> found) {
        String told = Exchange.byFirst(
                ranks, () -> found.map(path -> path.toAbsolutePath().toString()).orElse(""));
        return ranks.world().isFirst()
                ? found
                : Optional.of(told).filter(path -> !path.isEmpty()).map(Path::of);
    }
}
