package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.flags.ConfigImport;
import io.contrast4j.flags.PublishedSource;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Published commands become the configurations in conf/ that describe the same runs. */
class ConfigImportTest {
    /** What is no part of a run: what it is called, where things are, what is seen of it. */
    private static final List<String> ELSEWHERE =
            List.of("name", "out", "expected", "data.path", "loader", "checkpoint", "train.log-every");

    private static final Pattern COMMAND = Pattern.compile(": ((train_CMC|train_moco_ins)\\.py .*)$");

    private static String imported(String source, String command) {
        return ConfigImport.of(PublishedSource.of(source), command).hocon();
    }

    private static Map<String, String> essential(ConfigFile file) {
        Map<String, String> values = Flattened.of(file.render(RunConfig.class));
        values.keySet().removeIf(key -> ELSEWHERE.stream().anyMatch(group -> Flattened.covers(group, key)));
        return values;
    }

    private static void assertSame(String source, String command, String run) {
        // Of align-uniform's programs ImageNet-100 is a folder, not an option.
        List<String> asFolder = source.equals("align-uniform") && command.contains("main_moco")
                ? List.of("data.class-list=null")
                : List.of();
        assertThat(essential(ConfigFile.parse(imported(source, command), "imported")))
                .as(command)
                .isEqualTo(essential(ConfigFile.load(ConfFolder.installed().file(run), asFolder)));
    }

    @TestFactory
    Stream<DynamicTest> publishedCommandsBecomeTheirRuns() {
        return PublishedCommands.ofReadmes().entrySet().stream()
                .map(run -> DynamicTest.dynamicTest(
                        run.getKey(),
                        () -> assertSame(run.getValue().get(0), run.getValue().get(1), run.getKey())));
    }

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> theTableOfAlignUniformBecomesItsRuns() {
        return PublishedCommands.ofAlignUniformsTable().entrySet().stream()
                .map(run -> DynamicTest.dynamicTest(
                        run.getKey(),
                        () -> assertSame(run.getValue().get(0), run.getValue().get(1), run.getKey())));
    }

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> scriptsOfSelfConBecomeTheirRuns() {
        return PublishedCommands.ofSelfConsScripts().entrySet().stream()
                .map(run -> DynamicTest.dynamicTest(
                        run.getKey(),
                        () -> assertSame(run.getValue().get(0), run.getValue().get(1), run.getKey())));
    }

    /** The comment of each run of CMC's authors is its command. */
    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> commandsInCommentsBecomeTheirRuns() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Map.Entry<String, Path> run : ConfFolder.installed().published().entrySet()) {
            String comment = Files.readAllLines(run.getValue()).stream()
                    .takeWhile(line -> line.startsWith("#"))
                    .map(line -> line.substring(1).strip())
                    .collect(Collectors.joining(" "));
            Matcher command = COMMAND.matcher(comment);
            if (command.find()) {
                String devices = command.group(1).contains("--moco") ? "CUDA_VISIBLE_DEVICES=0,1,2,3 " : "";
                tests.add(DynamicTest.dynamicTest(
                        run.getKey(), () -> assertSame("cmc", devices + command.group(1), run.getKey())));
            }
        }
        assertThat(tests).hasSizeGreaterThan(50);
        return tests.stream();
    }

    @ParameterizedTest
    @CsvSource({
        "linear_anneal, linear",
        "step_anneal, step",
        "exponential_anneal, exponential",
        "exponential_decay_anneal, exponential",
        "adaptive_anneal_on_loss, adaptive-loss",
        "adaptive_anneal_on_acc, adaptive-accuracy"
    })
    void policiesOfRingBecomeTheirRuns(String key, String run) throws IOException {
        for (String method : List.of("nce", "moco")) {
            String text = Files.readString(Path.of(PublishedCommands.json(method + "_ring.json")))
                    .replaceAll("\"" + key + "\": false,?", "")
                    .replace("\"thres_outer\"", "\"" + key + "\": true, \"thres_outer\"")
                    .replaceAll(",\\s*}", "}");
            assertSame("ring", text, "ring-" + method + "-ring-" + run);
        }
    }

    /** Keys that rules write and that notes name are keys of a configuration. */
    @TestFactory
    Stream<DynamicTest> everyKeyOfTheMapExists() throws IOException {
        Path home = Path.of(System.getProperty("contrast4j.home", "."));
        String manual = Files.readString(home.resolve("docs/configuration.md"));
        return PublishedSource.IDS.stream()
                .map(id -> DynamicTest.dynamicTest(id, () -> {
                    String page = Files.readString(home.resolve("docs/flags/" + id + ".md"));
                    Matcher key = Pattern.compile("`([a-z][a-z0-9-]*(\\.[a-z0-9-]+)+)( = [^`]*)?`")
                            .matcher(page);
                    Set<String> keys = new TreeSet<>();
                    while (key.find()) {
                        keys.add(key.group(1));
                    }
                    assertThat(keys)
                            .hasSizeGreaterThan(15)
                            .allSatisfy(one -> assertThat(manual).contains("`" + one + "`"));
                }));
    }

    /** Whatever single option of a program is changed, what comes out is a valid configuration. */
    @TestFactory
    Stream<DynamicTest> everyChoiceBecomesAValidConfiguration() {
        Map<String, List<String>> choices = new LinkedHashMap<>();
        choices.put(
                "cmc",
                List.of(
                        "train_CMC.py --model resnet18v3 --view YCbCr --softmax --feat_dim 64 --dataset imagenet100",
                        "train_CMC.py --crop_low 0.3 --feat_dim 64 --save_freq 5 --print_freq 3",
                        "train_CMC.py --IM --IM_type region --r_num 1",
                        "train_moco_ins.py --aug NULL --crop 0.3 --model resnet50x4 --amp",
                        "train_moco_ins.py --aug NULL --crop 0.3 --moco --alpha 0.99 --model resnet50x2"));
        choices.put(
                "align-uniform",
                List.of(
                        "main_moco.py -a wide_resnet50_2 --moco-unif-no-intra-batch --seed 3 --schedule 10 20 DATA",
                        "stl10_main.py --lr 0.3 --lr_decay_epochs 5 6 --align_w 2"));
        choices.put("moco", List.of("main_moco.py --moco-dim 64 --sched 5 6 DATA"));
        choices.put(
                "selfcon",
                List.of(
                        "--method SelfCon --model vgg13_bn --selfcon_pos [False,True,False,False] --dataset cifar10",
                        "--method SelfCon --model wrn_16_8 --selfcon_pos [True,False] --dataset tinyimagenet --randaug",
                        "--method SelfCon --model efficientnet --selfcon_pos [True] --weakaug --warm",
                        "--method SupCon --dataset imagenet100 --randaug --weakaug --selfcon_size small",
                        "main_ce.py --method kd --model vgg16 --selfcon_pos [False,True,False,False] --temperature 2"));
        choices.put(
                "ring",
                List.of(
                        PublishedCommands.json("moco.json") + " --dataset stl10_2views",
                        PublishedCommands.json("nce.json") + " --dataset cifar100"));
        return choices.entrySet().stream()
                .flatMap(source -> source.getValue().stream()
                        .map(command -> DynamicTest.dynamicTest(
                                command,
                                () -> assertThat(ConfigFile.parse(imported(source.getKey(), command), "imported")
                                                .bindWithoutFiles(RunConfig.class))
                                        .isNotNull())));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cmc | train_CMC.py --modle alexnet | train_CMC.py has no option --modle; did you mean --model?",
                "cmc | train_CMC.py --model vgg | --model vgg must be one of alexnet",
                "cmc | train_CMC.py --epochs many | --epochs many must be a whole number",
                "cmc | train_CMC.py --epochs | --epochs needs a value",
                "cmc | train.py | CMC has no train.py: it must be one of train_CMC.py",
                "cmc | LinearProbing.py --layer 6 | --layer 6 has no counterpart",
                "align-uniform | create_imagenet_subset.py | create_imagenet_subset.py neither trains nor evaluates",
                "cmc | train_CMC.py extra | train_CMC.py has no place for the argument extra",
                "align-uniform | main_moco.py -a vgg16 x | --arch vgg16 has no counterpart",
                "selfcon | main_represent.py | --method is needed",
                "ring | {\"system\": \"LinearSystem\"} | system LinearSystem has no counterpart; docs/flags/ring.md",
                "cmc | train_CMC.py --lr_decay 5 | did you mean --lr_decay_epochs or --lr_decay_rate?",
                "ring | run.py --dataset imagenet | --dataset imagenet must be one of cifar10",
                "ring | {\"data_params\": {\"dataset\": \"mnist\"}} | data_params.dataset mnist must be one of cifar10",
                "ring | {\"sytem\": 1} | The JSON has the key sytem, which run.py does not read",
                "ring | { | The JSON is not a JSON object",
                "ring | nowhere.json | nowhere.json cannot be read",
                "simclr | main.py | There is no source simclr"
            })
    void whatCannotBeImportedIsSaid(String source, String command, String message) {
        assertThatThrownBy(() -> imported(source, command))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(message);
    }

    /** Linear evaluations as the sources call them, and the files of conf/linear that they are. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cmc | CUDA_VISIBLE_DEVICES=0 python LinearProbing.py --dataset imagenet --data_folder D --save_path S --tb_path T"
                        + " --model_path M --model alexnet --learning_rate 0.1 --layer 5 | cmc-alexnet | model.outputs=[block5]",
                "cmc | CUDA_VISIBLE_DEVICES=0,1,2,3 python LinearProbing.py --data_folder D --dist-url 'tcp://' --dist-backend 'nccl'"
                        + " --multiprocessing-distributed --world-size 1 --rank 0 --model alexnet --learning_rate 0.1 --layer 2"
                        + " | cmc-alexnet | model.outputs=[block2]",
                "cmc | LinearProbing.py --model resnet50 --learning_rate 30 --layer 6 | cmc-resnet50 | seed=1",
                "cmc | LinearProbing.py --model resnet50v1 --learning_rate 30 --layer 6 | cmc-resnet50 | seed=1",
                "cmc | LinearProbing.py --model resnet50v3 --learning_rate 50 --layer 5 --dataset imagenet100 | cmc-resnet50v3"
                        + " | model.outputs=[layer4];data.class-list=imagenet-100",
                "cmc | python eval_moco_ins.py --model resnet50 --model_path M --num_workers 24 --learning_rate 10 | moco-insdis"
                        + " | seed=1",
                "cmc | eval_moco_ins.py --dataset imagenet --learning_rate 30 --bn --cosine | moco-insdis-imagenet"
                        + " | linear.norm=batch;schedule=null;schedule={type=cosine,floor=0.0008,"
                        + "floor-is=share,last=at-floor}",
                "cmc | eval_moco_ins.py --adam --learning_rate 0.001 | moco-insdis"
                        + " | optimizer=null;optimizer={type=adam,learning-rate=0.001,beta1=0.5,weight-decay=0}",
                "align-uniform | python main_lincls.py -a resnet50 --lr 30.0 --batch-size 256 --pretrained P"
                        + " --multiprocessing-distributed --world-size 1 --rank 0 FOLDER | moco-lincls | seed=1",
                "moco | main_lincls.py -b 256 --gpu 0 --schedule 60 80 FOLDER | moco-lincls | seed=1",
                "align-uniform | python stl10_linear_eval.py PATH/encoder.pth | align-uniform-stl10 | seed=1",
                "selfcon | main_linear.py --batch_size 512 --dataset cifar10 --model resnet18 --learning_rate 3 --epochs 100"
                        + " --lr_decay_epochs 60,80 --lr_decay_rate 0.1 --subnet --selfcon_pos [False,True,False] --ckpt C"
                        + " | selfcon-cifar10 | seed=0",
                "selfcon | python main_linear.py --batch_size 512 --dataset cifar100 --model resnet18 --learning_rate 3"
                        + " --weight_decay 0 --selfcon_pos \"[False,True,False]\" --selfcon_arch \"resnet\" --selfcon_size \"fc\""
                        + " --epochs 100 --lr_decay_epochs '60,80' --lr_decay_rate 0.1 --subnet --ckpt C"
                        + " | selfcon-cifar100 | seed=0",
                "selfcon | main_linear.py --batch_size 512 --dataset imagenet --learning_rate 5 --epochs 40 --lr_decay_epochs 20,30"
                        + " --lr_decay_rate 0.1 --subnet | selfcon-imagenet | model.outputs=[pooled];linear.ensembles=[]",
                "selfcon | main_linear.py --batch_size 512 --dataset imagenet --learning_rate 5 --epochs 40 --lr_decay_epochs 20,30"
                        + " --lr_decay_rate 0.1 --subnet --selfcon_pos [False,True,False] | selfcon-imagenet | seed=0",
                "selfcon | main_linear.py --batch_size 512 --dataset cifar100 --learning_rate 3 --cosine --warm"
                        + " --lr_decay_rate 0.1 --model vgg16 | selfcon-cifar10 | data.type=cifar-100;model.outputs=[pooled];"
                        + "linear.ensembles=[];linear.classifier=hidden;schedule=null;schedule={type=cosine,floor=0.001,"
                        + "floor-is=share,last=at-floor,warmup={epochs=10,from=0.01}}"
            })
    void linearEvaluationsBecomeTheirFiles(String source, String command, String conf, String overrides) {
        assertEvaluates(source, command, conf, List.of(overrides.split(";")));
    }

    @Test
    void aTransferOfRingIsAnEvaluation() {
        String transfer =
                "{\"system\": \"TransferSystem\", \"exp_name\": \"transfer\", \"cuda\": true, \"data_params\": {\"dataset\":"
                        + " \"cifar10\"}, \"model_params\": {\"exp_dir\": null, \"checkpoint_name\": null}, \"optim_params\": {\"batch_size\":"
                        + " 256, \"learning_rate\": 0.01, \"momentum\": 0.9, \"weight_decay\": 1e-05, \"validate_freq\": 1, \"patience\": 10},"
                        + " \"num_epochs\": 100, \"validate\": true, \"copy_checkpoint_freq\": 5}";
        assertEvaluates("ring", transfer, "ring-transfer", List.of("data.type=cifar-10"));
        String unset = transfer.replace("\"exp_dir\"", "\"layer\": null, \"exp_dir\"");
        assertEvaluates("ring", unset, "ring-transfer", List.of("data.type=cifar-10"));

        // The published program ends with an error there.
        String layer = transfer.replace("\"exp_dir\"", "\"layer\": 5, \"exp_dir\"");
        assertThatThrownBy(() -> imported("ring", layer))
                .isInstanceOf(UserError.class)
                .hasMessage("model_params.layer 5 has no counterpart; docs/flags/ring.md says what has.");
    }

    /** All but where files are, and the crops, which are spelled in several ways. */
    private static void assertEvaluates(String source, String command, String conf, List<String> overrides) {
        ConfigImport.Imported imported = ConfigImport.of(PublishedSource.of(source), command);
        assertThat(imported.isEvaluation()).isTrue();
        Path file = Path.of(System.getProperty("contrast4j.home", "."), "conf", "linear", conf + ".conf");
        assertThat(evaluation(ConfigFile.parse(imported.hocon(), "imported")))
                .isEqualTo(evaluation(ConfigFile.load(
                        file,
                        Stream.concat(Stream.of("model.path=MODEL"), overrides.stream())
                                .toList())));
    }

    private static Map<String, String> evaluation(ConfigFile file) {
        Map<String, String> values = Flattened.of(file.render(EvalConfig.class));
        values.keySet()
                .removeIf(key ->
                        List.of("name", "out", "seed", "loader.workers", "data.path", "model.path", "model.settings")
                                .stream()
                                .anyMatch(group -> Flattened.covers(group, key)));
        return values;
    }

    @Test
    void linesSayWhereTheyComeFrom() {
        assertThat(imported("cmc", "train_CMC.py --epochs 3"))
                .contains(
                        "# --epochs 3\ntrain.epochs = 3\n", "# --nce_k 16384 (the default)\nnegatives.count = 16384\n")
                .doesNotContain("loader.workers");
    }
}
