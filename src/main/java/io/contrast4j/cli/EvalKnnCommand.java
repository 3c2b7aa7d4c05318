package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.eval.Features;
import io.contrast4j.eval.NeighbourVote;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
            protocol.queries().requireOthers(subject, "knn.k", protocol.k());
            EvalResults results = EvalResults.open("knn", config, file, subject);
            EvalTable table = new EvalTable(List.of("k", "top1", "top5"));
            try (ComparedFeatures features = compared(protocol, subject)) {
                for (int output = 0; output < subject.outputs().size(); output++) {
                    String name = subject.outputs().get(output);
                    for (NeighbourVote.Outcome outcome : outcomes(vote, protocol, features.of(output), subject)) {
                        table.row(name, outcome.k(), outcome.top1(), outcome.top5())
                                .put("per_class", outcome.perClass());
                    }
                }
            }
            results.put("class_names", subject.classes());
            results.put("knn", table.rows());
            results.complete();
        }
    }

    private static ComparedFeatures compared(KnnProtocol protocol, Subject subject) {
        if (protocol.known() == KnnProtocol.Known.FEATURES) {
            return protocol.queries().features(subject);
        }
        List<Features> queries = subject.testFeatures();
        List<Features> banks = new ArrayList<>();
        for (Features output : queries) {
            banks.add(subject.bank(Math.toIntExact(output.values().size(1))));
        }
        return new ComparedFeatures(Optional.of(banks), queries);
    }

    private static List<NeighbourVote.Outcome> outcomes(
            NeighbourVote vote, KnnProtocol protocol, ComparedFeatures.Pair pair, Subject subject) {
        int classes = subject.classes().size();
        return pair.known()
                .map(known -> vote.among(known, pair.queries(), protocol.k(), classes))
                .orElseGet(() -> vote.leaveOneOut(pair.queries(), protocol.k(), classes));
    }
}
