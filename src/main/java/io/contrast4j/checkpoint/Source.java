package io.contrast4j.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the checkpoints of one program are laid out, as data: each is a small file in the resources, where regular
 * expressions say which keys belong to which part (an encoder, a queue, …) and what they are called within it.
 *
 * @param name to call it by, as {@code moco}
 * @param about what it is, to be printed
 * @param top keys that the root must have
 * @param state where the state dict is in the tree; a file that holds nothing else has it at the root
 * @param detect each must be a key of the state dict
 * @param without none of these may be a key of it
 * @param parts in the order of the state dict
 * @param optional keys that some files have and nothing needs
 * @param queue where MoCo's queue is, if it is not in the state dict
 * @param optimizer where its state is, and which parts it trains
 * @param epoch what the program calls the number it saves: the epoch {@code finished}, counting from 1, or the {@code next}
 *     one, counting from 0; the same number, that of epochs done
 */
public record Source(
        String name,
        String about,
        List<String> top,
        List<String> state,
        List<Pattern> detect,
        List<Pattern> without,
        List<Part> parts,
        List<Pattern> optional,
        Optional<Queue> queue,
        Optional<Trained> optimizer,
        String epoch) {
    /**
     * Some of the tensors.
     *
     * @param name as {@code encoder}
     * @param at where they are, if not in the state dict
     * @param keys with one group: the name within the part
     * @param prefix what is before that name when it is written
     * @param rename older names of the same tensors
     * @param torchvision the names of a torchvision ResNet for these; a tensor that has none becomes empty
     * @param transposed matrices that other programs keep the other way round
     */
    public record Part(
            String name,
            Optional<List<String>> at,
            Pattern keys,
            String prefix,
            List<Rule> rename,
            List<Rule> torchvision,
            List<String> transposed) {
        /** The name within the part of a key of the file; nothing if it is none of this part. */
        Optional<String> nameOf(String key) {
            Matcher matcher = keys.matcher(key);
            return matcher.matches() ? Optional.of(Rule.apply(rename, matcher.group(1))) : Optional.empty();
        }
    }

    /** Another name for names that match. */
    public record Rule(Pattern from, String to) {
        /** What the first rule that matches makes of a name; itself if none does. */
        static String apply(List<Rule> rules, String name) {
            for (Rule rule : rules) {
                Matcher matcher = rule.from.matcher(name);
                if (matcher.matches()) {
                    return matcher.replaceFirst(rule.to);
                }
            }
            return name;
        }
    }

    /**
     * A queue of keys.
     *
     * @param rows where its K×D table is
     * @param position where the row that is written next is, a whole number; nowhere for programs that begin again at 0
     */
    public record Queue(List<String> rows, List<String> position) {}

    /**
     * What an optimizer trains.
     *
     * @param at where its state is
     * @param parts in the order in which it numbers their parameters
     * @param names only these; all if empty
     */
    public record Trained(List<String> at, List<String> parts, List<String> names) {}

    /** The tree as this source's, or nothing if it is another's. */
    Optional<Recognized> recognize(@Nullable Object tree) {
        for (List<String> place : state.isEmpty() ? List.of(state) : List.of(state, List.<String>of())) {
            if (Trees.at(tree, place) instanceof Map<?, ?> dict && accepts(tree, dict)) {
                return Optional.of(split(tree, place, dict));
            }
        }
        return Optional.empty();
    }

    private boolean accepts(@Nullable Object tree, Map<?, ?> dict) {
        return top.stream().allMatch(key -> tree instanceof Map<?, ?> root && root.containsKey(key))
                && detect.stream().allMatch(pattern -> anyKey(dict, pattern))
                && without.stream().noneMatch(pattern -> anyKey(dict, pattern));
    }

    private static boolean anyKey(Map<?, ?> dict, Pattern pattern) {
        return dict.keySet().stream()
                .anyMatch(key ->
                        key instanceof String text && pattern.matcher(text).matches());
    }

    private Recognized split(@Nullable Object tree, List<String> place, Map<?, ?> dict) {
        Map<String, Map<String, Object>> found = new LinkedHashMap<>();
        List<String> unknown = new ArrayList<>();
        dict.forEach((key, value) -> {
            String text = String.valueOf(key);
            boolean taken = false;
            for (Part part : parts) {
                Optional<String> name = part.at.isEmpty() ? part.nameOf(text) : Optional.empty();
                if (name.isPresent() && value != null) {
                    found.computeIfAbsent(part.name, none -> new LinkedHashMap<>())
                            .put(name.get(), value);
                    taken = true;
                    break;
                }
            }
            if (!taken
                    && optional.stream()
                            .noneMatch(pattern -> pattern.matcher(text).matches())) {
                unknown.add(text);
            }
        });
        for (Part part : parts) {
            if (part.at.isPresent() && Trees.at(tree, part.at.get()) instanceof Map<?, ?> elsewhere) {
                Map<String, Object> own = new LinkedHashMap<>();
                elsewhere.forEach((key, value) -> part.nameOf(String.valueOf(key))
                        .ifPresent(name -> own.put(name, Objects.requireNonNullElse(value, ""))));
                if (!own.isEmpty()) {
                    found.put(part.name, own);
                }
            }
        }
        return new Recognized(this, tree, place, found, unknown);
    }
}
