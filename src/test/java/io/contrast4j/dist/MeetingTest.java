package io.contrast4j.dist;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How ranks meet, in threads: only sockets, no LibTorch. */
class MeetingTest {
    private static final Duration SHORT = Duration.ofMillis(1500);
    private static final Duration LONG = Duration.ofSeconds(60);

    private final Rendezvous place = ThreadRanks.freePlace();

    private Meeting join(int rank, int size, Duration timeout, Map<String, String> agreed) {
        return Meeting.join(new World(rank, size, 0, 1), place, timeout, agreed);
    }

    @Test
    void allHearWhatRankZeroTells() {
        List<String> told = ThreadRanks.each(4, rank -> {
            // In any order: rank 0 comes last.
            Thread.sleep(rank == 0 ? 300 : 0);
            try (Meeting meeting = join(rank, 4, LONG, Map.of("a", "1"))) {
                return meeting.tell(() -> "of " + rank);
            }
        });
        assertThat(told).containsOnly("of 0").hasSize(4);
    }

    @Test
    void whatRankZeroTellsComesInItsOrder() {
        List<List<String>> told = ThreadRanks.each(3, rank -> {
            try (Meeting meeting = join(rank, 3, LONG, Map.of())) {
                return List.of(
                        meeting.tell(() -> "first of " + rank),
                        meeting.tell(() -> ""),
                        meeting.tell(() -> "last of " + rank));
            }
        });
        assertThat(told).containsOnly(List.of("first of 0", "", "last of 0"));
    }

    /** Longer than the time-out and what is added to it. */
    @Test
    @Tag("slow")
    void whatRankZeroMakesMayTakeLongerThanTheTimeOut() {
        List<String> told = ThreadRanks.each(2, rank -> {
            try (Meeting meeting = join(rank, 2, SHORT, Map.of())) {
                return meeting.tell(() -> {
                    sleep(9_000);
                    return "at last";
                });
            }
        });
        assertThat(told).containsOnly("at last");
    }

    @Test
    void whoWaitsForRankZeroLearnsThatItHasLeft() {
        List<String> ends = ThreadRanks.each(2, rank -> {
            try (Meeting meeting = join(rank, 2, LONG, Map.of())) {
                return rank == 0 ? "leaves" : meeting.tell(() -> "not asked");
            } catch (LostRank lost) {
                return lost.getMessage();
            }
        });
        assertThat(ends.get(1)).startsWith("Rank 0 on ").contains("left before the others were done", "--resume");
    }

    /** Each may take its time to say who it is, but takes nobody else's. */
    @Test
    void silentStrangersKeepNobodyWaiting() throws IOException {
        List<Socket> strangers = new ArrayList<>();
        try {
            long start = System.nanoTime();
            List<String> told = ThreadRanks.each(2, rank -> {
                if (rank == 1) {
                    for (int i = 0; i < 5; i++) {
                        strangers.add(connected());
                    }
                }
                try (Meeting meeting = join(rank, 2, LONG, Map.of())) {
                    return meeting.tell(() -> "hello");
                }
            });
            assertThat(told).containsOnly("hello");
            // One stranger would be given 5 seconds.
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(4_900));
        } finally {
            for (Socket stranger : strangers) {
                stranger.close();
            }
        }
    }

    private Socket connected() throws InterruptedException {
        while (true) {
            try {
                return new Socket(InetAddress.getLoopbackAddress(), place.port());
            } catch (IOException notYet) {
                Thread.sleep(20);
            }
        }
    }

    private static void require(CountDownLatch happened) throws InterruptedException {
        assertThat(happened.await(60, TimeUnit.SECONDS)).isTrue();
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aForeignProgramThatKnocksIsSentAway() {
        CountDownLatch sentAway = new CountDownLatch(1);
        List<String> told = ThreadRanks.each(3, number -> {
            if (number == 2) {
                try (Socket foreign = connected()) {
                    foreign.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes());
                    return new String(foreign.getInputStream().readAllBytes());
                } finally {
                    sentAway.countDown();
                }
            }
            if (number == 1) {
                require(sentAway);
            }
            try (Meeting meeting = join(number, 2, LONG, Map.of())) {
                return meeting.tell(() -> "hello");
            }
        });
        assertThat(told).containsExactly("hello", "hello", "contrast4j-1");
    }

    @Test
    void otherConfigurationsAreRefusedWithTheKey() {
        List<String> refusals = ThreadRanks.refusals(2, rank -> {
            try (Meeting meeting = join(rank, 2, LONG, Map.of("seed", "1", "optimizer.learning-rate", "0." + rank))) {
                return meeting.tell(() -> "");
            }
        });
        assertThat(refusals)
                .allSatisfy(sentence -> assertThat(sentence)
                        .contains(
                                "Rank 1 on ",
                                "another configuration than rank 0",
                                "optimizer.learning-rate = 0.1 instead of 0.0;"));
    }

    @Test
    void otherWorldSizesAreRefused() {
        List<String> refusals = ThreadRanks.refusals(2, rank -> join(rank, rank == 0 ? 2 : 4, LONG, Map.of()));
        assertThat(refusals)
                .allSatisfy(sentence ->
                        assertThat(sentence).contains("Rank 1 on ", "there are 4 processes", "rank 0", "says 2"));
    }

    /** Such as one that a job before has left over: with another size, it would end the start for all. */
    @Test
    void whoIsOfAnotherJobIsTurnedAwayAlone() {
        CountDownLatch turnedAway = new CountDownLatch(1);
        List<String> ends = ThreadRanks.each(3, number -> {
            // The stranger comes while rank 0 still waits for rank 1.
            if (number == 1) {
                require(turnedAway);
            }
            try (Meeting meeting = join(
                    Math.min(number, 1),
                    number == 2 ? 4 : 2,
                    LONG,
                    Map.of(Guest.JOB, number == 2 ? "before" : "now", "a", "1"))) {
                return meeting.tell(() -> "hello");
            } catch (UserError refused) {
                turnedAway.countDown();
                return refused.getMessage();
            }
        });
        assertThat(ends)
                .containsExactly(
                        "hello",
                        "hello",
                        "Rank 0 at this place is of another job (now, and this process is of before); give each job a"
                                + " port of its own.");
    }

    /** It has come before the last one was admitted, and says who it is when nobody is waited for any more. */
    @Test
    void whoIsStillSpeakingWhenAllAreThereGetsAnAnswer() {
        CountDownLatch greeted = new CountDownLatch(1);
        CountDownLatch complete = new CountDownLatch(2);
        CountDownLatch answered = new CountDownLatch(1);
        List<String> ends = ThreadRanks.each(3, number -> {
            if (number < 2) {
                if (number == 1) {
                    require(greeted);
                }
                try (Meeting meeting = join(number, 2, LONG, Map.of())) {
                    complete.countDown();
                    String told = meeting.tell(() -> "hello");
                    require(answered);
                    return told;
                }
            }
            try (Wire slow = new Wire(connected())) {
                slow.greet();
                assertThat(slow.isGreeted()).isTrue();
                greeted.countDown();
                require(complete);
                new Guest(1, 2, "slow", Map.of()).write(slow);
                assertThat(slow.kind()).isEqualTo((byte) 2);
                return slow.text();
            } finally {
                answered.countDown();
            }
        });
        assertThat(ends)
                .containsExactly(
                        "hello", "hello", "All 2 ranks are there already; start another training at another port.");
    }

    @Test
    void twoOfTheSameRankAreRefused() {
        List<String> refusals = ThreadRanks.refusals(3, number -> {
            Thread.sleep(200L * number);
            return join(Math.min(number, 1), 3, LONG, Map.of());
        });
        assertThat(refusals)
                .allSatisfy(sentence -> assertThat(sentence).contains("Two processes say that they are rank 1"));
    }

    @Test
    void whoDoesNotComeIsNamedWithinTheTimeOut() {
        long start = System.nanoTime();
        List<String> refusals = ThreadRanks.refusals(2, number -> {
            // Rank 1 is on its way when the time-out of rank 0 begins.
            Thread.sleep(number == 0 ? 300 : 0);
            return join(number, 4, number == 0 ? SHORT : LONG, Map.of());
        });
        assertThat(refusals)
                .allSatisfy(sentence -> assertThat(sentence)
                        .contains("Only ranks 0, 1 of 4 came", "distributed.timeout = 1500 ms", "ranks 2, 3"));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
    }

    @Test
    void withoutRankZeroTheOthersSaySo() {
        assertThat(ThreadRanks.refusals(1, number -> join(1, 2, SHORT, Map.of())))
                .singleElement()
                .asString()
                .contains("Rank 1 found no rank 0 at " + place + " within distributed.timeout = 1500 ms");
    }

    @Test
    void aTakenPortIsSaid() throws IOException {
        try (ServerSocket taken = new ServerSocket(place.port(), 1, InetAddress.getLoopbackAddress())) {
            assertThat(ThreadRanks.refusals(1, number -> join(0, 2, SHORT, Map.of())))
                    .singleElement()
                    .asString()
                    .contains("Rank 0 cannot listen at " + place, "port " + place.port() + " is taken");
        }
    }

    @Test
    void aForeignServerIsNotTakenForRankZero() throws IOException {
        try (ServerSocket foreign = new ServerSocket(place.port(), 1, InetAddress.getLoopbackAddress())) {
            Thread server = new Thread(() -> {
                try (Socket guest = foreign.accept()) {
                    guest.getOutputStream().write("SSH-2.0-OpenSSH_9.2\r\n".getBytes());
                    guest.getInputStream().readAllBytes();
                } catch (IOException closed) {
                    // The test is over.
                }
            });
            server.start();
            assertThat(ThreadRanks.refusals(1, number -> join(1, 2, SHORT, Map.of())))
                    .singleElement()
                    .asString()
                    .contains("What listens at " + place + " does not answer rank 1");
        }
    }

    @Test
    void whoWaitsInVainLearnsWhoIsMissing() {
        CountDownLatch found = new CountDownLatch(3);
        List<String> reasons = ThreadRanks.each(4, rank -> {
            try (Meeting meeting = join(rank, 4, LONG, Map.of())) {
                if (rank == 2) {
                    require(found);
                    return "";
                }
                String reason = meeting.explain(new IOException("timed out")).getMessage();
                found.countDown();
                return reason;
            }
        });
        assertThat(reasons.get(2)).isEmpty();
        assertThat(List.of(reasons.get(0), reasons.get(1), reasons.get(3)))
                .allSatisfy(reason ->
                        assertThat(reason).contains("Rank 2 on ", "took no part", "distributed.timeout = 60 s"));
    }
}
