package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Mirrors left and right, with a given probability. */
public final class HorizontalFlip {
    private HorizontalFlip() {}

    /** @param probability of mirroring, 0…1 */
    @TypeName("flip")
    public record Config(double probability) implements Transform.Drawn {
        public Config {
            new Problems().between("probability", probability, 0, 1).raise();
        }

        @Override
        public Optional<Change> draw(RandomGenerator rng) {
            return Change.sometimes(probability, rng, Change.Mirrored::new);
        }
    }
}
