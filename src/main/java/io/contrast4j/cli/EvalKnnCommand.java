package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.eval.NeighbourVote;
import io.contrast4j.spec.UserError;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "knn",
        description = {
            "Classifies pictures by the votes of their nearest neighbours, exactly, for several numbers of neighbours at once.",
            "Keys: knn.k, knn.temperature, knn.metric, knn.votes, knn.queries; docs/evaluation.md says more."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j eval knn runs/quickstart/TIME",
            "  contrast4j eval knn runs/quickstart/TIME knn.k=[1,5] knn.queries=train-leave-one-out",
            "  contrast4j eval knn conf/eval/knn.conf"
        })
final class EvalKnnCommand implements Runnable {
    @Mixin
    private final Judged judged = new Judged();

    @Override
    public void run() {
        ConfigFile file = judged.load();
        EvalConfig config = file.bind(EvalConfig.class);
        KnnProtocol protocol = config.knn();
        NeighbourVote vote = new NeighbourVote(protocol.metric(), protocol.votes(), protocol.temperature());
        try (Subject subject = Subject.open(config)) {
            int known = protocol.queries().others(subject);
            int most = Collections.max(protocol.k());
            if (most > known) {
                throw new UserError(
                        UserError.USAGE,
                        "knn.k = " + protocol.k() + " asks for " + most + " neighbours, and each picture has " + known
                                + "; choose smaller numbers.");
            }
            EvalResults results = EvalResults.open("knn", config, file, subject);
            List<Map<String, Object>> rows = new ArrayList<>();
            System.out.printf("%-20s %6s %10s %10s%n", "output", "k", "top-1", "top-5");
            try (ComparedFeatures features = protocol.queries().features(subject)) {
                for (int output = 0; output < subject.outputs().size(); output++) {
                    String name = subject.outputs().get(output);
                    for (NeighbourVote.Outcome outcome : outcomes(vote, protocol, features.of(output), subject)) {
                        System.out.printf(
                                Locale.ROOT,
                                "%-20s %6d %8.2f %% %8.2f %%%n",
                                name,
                                outcome.k(),
                                outcome.top1(),
                                outcome.top5());
                        rows.add(row(name, outcome));
                    }
                }
            }
            results.put("class_names", subject.classes());
            results.put("knn", rows);
            results.complete();
        }
    }

    private static List<NeighbourVote.Outcome> outcomes(
            NeighbourVote vote, KnnProtocol protocol, ComparedFeatures.Pair pair, Subject subject) {
        int classes = subject.classes().size();
        return pair.known()
                .map(known -> vote.among(known, pair.queries(), protocol.k(), classes))
                .orElseGet(() -> vote.leaveOneOut(pair.queries(), protocol.k(), classes));
    }

    private static Map<String, Object> row(String output, NeighbourVote.Outcome outcome) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("output", output);
        row.put("k", outcome.k());
        row.put("top1", outcome.top1());
        row.put("top5", outcome.top5());
        row.put("per_class", outcome.perClass());
        return row;
    }
}
