package io.contrast4j.cli;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Commands as the sources have them, each as a source and a text, by the name of the run in conf/ that it is. */
final class PublishedCommands {
    private static final String SELFCON_README = "--cosine --precision --learning_rate 0.5 --batch_size 1024 --temp 0.1"
            + " --epochs 1000 --model resnet18 --dataset cifar100 --selfcon_size fc --selfcon_pos [False,True,False] ";

    private static final String ONE_STAGE = "main_ce.py --seed 0 --dataset cifar100 --batch_size 1024 --model resnet18"
            + " --learning_rate 0.8 --epochs 500 --cosine --method ";

    private PublishedCommands() {}

    /** Commands of READMEs and scripts, and the runs that they are. */
    static Map<String, List<String>> ofReadmes() {
        Map<String, List<String>> runs = new LinkedHashMap<>();
        runs.put(
                "cmc-alexnet-lab-nce",
                List.of(
                        "cmc",
                        "CUDA_VISIBLE_DEVICES=0 python train_CMC.py --data_folder path/to/data \\\n --model_path path/to/save \\\n"
                                + " --tb_path path/to/tensorboard"));
        runs.put("cmc-readme-alexnet", List.of("cmc", "python train_CMC.py --batch_size 256 --num_workers 36"));
        runs.put(
                "cmc-resnet50v1-lab-nce",
                List.of("cmc", "train_CMC.py --model resnet50v1 --batch_size 128 --num_workers 24"));
        runs.put(
                "cmc-readme-2019-resnet50",
                List.of("cmc", "train_CMC.py --model resnet50 --batch_size 128 --crop_low 0.08 --nce_k 4096"));
        runs.put("cmc-weights-resnet50v1", List.of("cmc", "train_CMC.py --model resnet50v1 --nce_k 4096 --amp"));
        runs.put(
                "insdis-imagenet-100-softmax-16384",
                List.of(
                        "cmc",
                        "CUDA_VISIBLE_DEVICES=0,1,2,3 python train_moco_ins.py \\\n --batch_size 128 --num_workers 24 --nce_k"
                                + " 16384 --softmax"));
        runs.put(
                "moco-cmc-imagenet-100-softmax-16384",
                List.of(
                        "cmc",
                        "CUDA_VISIBLE_DEVICES=0,1,2,3 python train_moco_ins.py \\\n --batch_size 128 --num_workers 24 --nce_k"
                                + " 16384 --softmax --moco"));
        String eight = "CUDA_VISIBLE_DEVICES=0,1,2,3,4,5,6,7 python main_moco.py -a resnet50 --lr 0.03 --batch-size 256"
                + " --dist-url tcp://localhost:10001 --multiprocessing-distributed --world-size 1 --rank 0 [FOLDER]";
        runs.put("moco-v1-imagenet", List.of("moco", eight));
        runs.put("moco-v2-imagenet", List.of("moco", eight + " --mlp --moco-t 0.2 --aug-plus --cos"));
        runs.put(
                "align-uniform-normal-b128-lr03-3a-u3",
                List.of(
                        "align-uniform",
                        "python main_moco.py -a resnet50 --lr 0.03 --batch-size 128 --gpus 0 1 2 3"
                                + " --multiprocessing-distributed --world-size 1 --rank 0 [PATH]"));
        runs.put("align-uniform-stl-10", List.of("align-uniform", "stl10_main.py"));
        runs.put(
                "selfcon-readme",
                List.of(
                        "selfcon",
                        "python main_represent.py --exp_name \"resnet_fc_[False,True,False]\" --seed 2022 --method SelfCon"
                                + " --dataset cifar100 --model resnet18 --selfcon_pos \"[False,True,False]\" --selfcon_arch"
                                + " \"resnet\" --selfcon_size \"fc\" --batch_size 1024 --learning_rate 0.5 --temp 0.1 --epochs"
                                + " 1000 --cosine --precision"));
        Map<String, String> variants = new LinkedHashMap<>();
        variants.put("selfcon", "SelfCon");
        variants.put("selfcon-su", "SelfCon --label");
        variants.put("selfcon-m", "SelfCon --multiview");
        variants.put("selfcon-mu", "SelfCon --multiview --label");
        variants.put("selfcon-s-star", "SelfCon --alpha 1");
        variants.put("selfcon-su-star", "SelfCon --label --alpha 1");
        variants.put("selfcon-m-star", "SelfCon --multiview --alpha 1");
        variants.put("selfcon-mu-star", "SelfCon --multiview --label --alpha 1");
        variants.put("supcon", "SupCon --multiview --selfcon_pos [False,False,False]");
        variants.put("supcon-s", "SupCon --selfcon_pos [False,False,False]");
        variants.put("con", "Con --multiview --selfcon_pos [False,False,False]");
        variants.forEach((name, flags) ->
                runs.put("selfcon-variant-" + name, List.of("selfcon", SELFCON_README + "--method " + flags)));
        for (String method : List.of("subnet_ce", "kd", "selfcon")) {
            runs.put(
                    "selfcon-one-stage-" + method.replace('_', '-'),
                    List.of("selfcon", ONE_STAGE + method + " --selfcon_size fc --selfcon_pos [False,True,False]"));
        }
        runs.put("selfcon-one-stage-ce", List.of("selfcon", ONE_STAGE + "ce"));
        runs.put(
                "selfcon-imagenet-selfcon",
                List.of(
                        "selfcon",
                        "main_represent.py --seed 0 --method SelfCon --dataset imagenet --model resnet34 --selfcon_pos"
                                + " [False,True,False] --batch_size 2048 --learning_rate 0.25 --temp 0.1 --epochs 800 --cosine"
                                + " --precision"));
        runs.put("ring-nce", List.of("ring", "python scripts/run.py " + json("nce.json")));
        runs.put("ring-moco", List.of("ring", json("moco.json")));
        runs.put("ring-nce-ring", List.of("ring", json("nce_ring.json") + " --dataset cifar10"));
        runs.put("ring-moco-ring", List.of("ring", json("moco_ring.json")));
        return runs;
    }

    /** The rows and columns of align-uniform's table. */
    static Map<String, List<String>> ofAlignUniformsTable() {
        Map<String, List<String>> runs = new LinkedHashMap<>();
        for (String recipe : List.of("normal", "strong")) {
            for (String batch : List.of("128-lr03", "256-lr03", "256-lr06")) {
                String command = "main_moco.py --gpus 0 1 2 3 -b " + batch.substring(0, 3) + " --lr 0."
                        + batch.substring(6) + (recipe.equals("strong") ? " --aug-plus --mlp --cos" : "");
                String name = "align-uniform-" + recipe + "-b" + batch;
                for (String weight : List.of("2", "3", "4")) {
                    runs.put(
                            name + "-" + weight + "a-u" + weight,
                            List.of(
                                    "align-uniform",
                                    command + " --moco-align-w " + weight + " --moco-unif-t " + weight + " PATH"));
                }
                String contrastive =
                        command + " --moco-contr-w 1 --moco-align-w 0 --moco-unif-w 0 PATH --moco-contr-tau ";
                runs.put(name + "-tau07", List.of("align-uniform", contrastive + "0.07"));
                runs.put(name + "-tau20", List.of("align-uniform", contrastive + "0.2"));
            }
        }
        String imagenet = "main_moco.py --gpus 0 1 2 3 -b 256 --lr 0.03 --aug-plus --mlp --cos PATH";
        runs.put("align-uniform-imagenet-b256-lr03-3a-u3", List.of("align-uniform", imagenet));
        runs.put(
                "align-uniform-imagenet-b256-lr03-tau20",
                List.of(
                        "align-uniform",
                        imagenet + " --moco-contr-w 1 --moco-align-w 0 --moco-unif-w 0 --moco-contr-tau 0.2"));
        return runs;
    }

    /** SelfCon's data sets and architectures. */
    static Map<String, List<String>> ofSelfConsScripts() {
        Map<String, List<String>> runs = new LinkedHashMap<>();
        Map<String, String> sets = Map.of(
                "cifar-10", "cifar10",
                "cifar-100", "cifar100",
                "tiny-imagenet", "tinyimagenet",
                "imagenet-100", "imagenet100");
        sets.forEach((name, set) -> {
            String command = SELFCON_README + "--dataset " + set;
            runs.put("selfcon-" + name + "-selfcon", List.of("selfcon", command + " --method SelfCon"));
            runs.put(
                    "selfcon-" + name + "-supcon",
                    List.of(
                            "selfcon",
                            command
                                    + " --method SupCon --multiview --selfcon_size same --selfcon_pos [False,False,False]"));
        });
        Map<String, String> exits = Map.of(
                "resnet18", "[False,True,False]",
                "resnet34", "[False,True,False]",
                "resnet50", "[False,True,False]",
                "resnet101", "[False,True,False]",
                "vgg13_bn", "[False,True,False,False]",
                "vgg16_bn", "[False,True,False,False]",
                "wrn_16_8", "[True,False]",
                "efficientnet", "[True]");
        exits.forEach((model, positions) -> runs.put(
                "selfcon-" + model.replace('_', '-'),
                List.of(
                        "selfcon",
                        SELFCON_README + "--method SelfCon --selfcon_size same --model " + model + " --selfcon_pos "
                                + positions)));
        return runs;
    }

    static String json(String name) {
        try {
            return Path.of(Objects.requireNonNull(
                                    PublishedCommands.class.getResource("/io/contrast4j/flags/ring/" + name))
                            .toURI())
                    .toString();
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
