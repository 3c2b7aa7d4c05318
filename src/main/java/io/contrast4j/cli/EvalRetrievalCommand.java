package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.eval.Retrieval;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "retrieval",
        description = {
            "Judges how well pictures of a class are found by their similarity: mean average precision, and how often one of the"
                    + " first pictures is of the class (recall@k), in percent, over the queries that have a picture to be found.",
            "Keys: retrieval.recall-at, retrieval.queries; docs/evaluation.md says more."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j eval retrieval runs/quickstart/TIME",
            "  contrast4j eval retrieval runs/quickstart/TIME retrieval.queries=test-leave-one-out"
        })
final class EvalRetrievalCommand implements Runnable {
    @Mixin
    private final Judged judged = new Judged();

    @Override
    public void run() {
        ConfigFile file = judged.load();
        EvalConfig config = file.bind(EvalConfig.class);
        RetrievalProtocol protocol = config.retrieval();
        try (Subject subject = Subject.open(config)) {
            protocol.queries().requireOthers(subject, "retrieval.recall-at", protocol.recallAt());
            EvalResults results = EvalResults.open("retrieval", config, file, subject);
            List<String> columns = new ArrayList<>(List.of("mAP"));
            protocol.recallAt().forEach(k -> columns.add("recall@" + k));
            EvalTable table = new EvalTable(columns);
            try (ComparedFeatures features = protocol.queries().features(subject)) {
                for (int output = 0; output < subject.outputs().size(); output++) {
                    ComparedFeatures.Pair pair = features.of(output);
                    Retrieval.Found found = pair.known()
                            .map(known -> Retrieval.among(known, pair.queries(), protocol.recallAt()))
                            .orElseGet(() -> Retrieval.leaveOneOut(pair.queries(), protocol.recallAt()));
                    table.row(subject.outputs().get(output), found.percentages());
                }
            }
            results.put("retrieval", table.rows());
            results.complete();
        }
    }
}
