package io.flotilla.placement.plan;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.EndedJob;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Why something is as it is, what is being done about it, and why nothing is: what is known of it,
 * and what the {@link Planner} says when it is asked with this in mind.
 */
public final class Why {
  private final ClusterView view;
  private final LoadView load;
  private final Policy policy;
  private final List<Finding> findings = new ArrayList<>();

  private Why(ClusterView view, LoadView load, Policy policy) {
    this.view = view;
    this.load = load;
    this.policy = policy;
  }

  /**
   * @throws PlanRefusedException if there is no such shard
   */
  public static List<Finding> shard(ClusterView view, LoadView load, Policy policy, long id)
      throws PlanRefusedException {
    Shard shard =
        view.shard(id)
            .orElseThrow(() -> PlanRefusedException.notFound(WishPlanner.noShard(id, view)));
    Why why = new Why(view, load, policy);
    why.tellOf(shard);
    return why.findings;
  }

  /**
   * @throws PlanRefusedException if there is no such node
   */
  public static List<Finding> node(ClusterView view, LoadView load, Policy policy, long id)
      throws PlanRefusedException {
    Node node =
        view.node(id)
            .orElseThrow(
                () ->
                    PlanRefusedException.notFound(
                        view.removed().containsKey(id)
                            ? "node " + id + " was removed"
                            : "there is no node " + id));
    Why why = new Why(view, load, policy);
    why.tellOf(node);
    return why.findings;
  }

  private void tellOf(Shard shard) {
    long id = shard.id();
    tellWhatIs(shard);
    Optional<String> down = whyDown(shard);
    down.ifPresent(why -> say("down", id, "it " + why));
    Optional<Job> job = view.jobOf(id);
    job.ifPresent(this::tellOf);
    view.ended().values().stream()
        .filter(ended -> ended.job().shards().contains(id))
        .reduce((earlier, later) -> later)
        .ifPresent(this::tellOf);
    Plan plan = Planner.explainShard(view, load, policy, id);
    plan.jobs().stream().filter(each -> each.shards().contains(id)).forEach(this::tellOfPlanned);
    findings.addAll(plan.findings());
    boolean anything =
        down.isPresent()
            || job.isPresent()
            || plan.jobs().stream().anyMatch(each -> each.shards().contains(id))
            || plan.findings().stream().anyMatch(finding -> explains(finding, id));
    if (!anything) {
      say(
          "rest",
          id,
          "nothing is to be done: no rule asks for another place, leader or size of this shard");
    }
  }

  /** Of this shard, or that not every rule was asked. */
  private static boolean explains(Finding finding, long shard) {
    return finding.shard() == shard || finding.rule().equals(Planner.CLUSTER);
  }

  /** Whatever stops all planning, this is said. */
  private Optional<String> whyDown(Shard shard) {
    Draft draft = new Draft(view, load, policy, Journal.NONE);
    return draft.piece(shard.id()).flatMap(piece -> draft.whyNot(ShardRule.TO_SERVE, piece));
  }

  private void tellWhatIs(Shard shard) {
    long id = shard.id();
    String nodes = shard.replicas().stream().map(this::words).collect(Collectors.joining(", "));
    String leader =
        load.leaderOf(id).map(node -> "node " + node + " leads it").orElse("nobody leads it");
    String keyspace =
        Optional.ofNullable(view.keyspaces().get(shard.keyspace()))
            .map(Revised::value)
            .map(Keyspace::name)
            .orElse("#" + shard.keyspace());
    say(
        "is",
        id,
        String.format(
            "shard %d of keyspace %s, epoch %s, about %d KiB, %d operations/s: its replicas are on"
                + " %s; %s",
            id,
            keyspace,
            shard.epoch(),
            load.bytesOf(id) >> 10,
            load.heatOf(id).operations(),
            nodes,
            leader));
    shard
        .frozen()
        .ifPresent(
            frozen ->
                say(
                    "frozen",
                    id,
                    String.format(
                        "it is frozen, and serves nothing, until shard %d has absorbed it or it"
                            + " thaws",
                        frozen.into())));
  }

  private String words(Replica replica) {
    Optional<Node> node = view.node(replica.node());
    StringBuilder words = new StringBuilder("node ").append(replica.node());
    List<String> notes = new ArrayList<>();
    node.map(Node::zone)
        .filter(zone -> !zone.isEmpty())
        .ifPresent(zone -> notes.add("zone " + zone));
    node.map(Node::rack)
        .filter(rack -> !rack.isEmpty())
        .ifPresent(rack -> notes.add("rack " + rack));
    if (replica.role() == Replica.Role.LEARNER) {
      notes.add("learns");
    } else if (!replica.isVoter()) {
      notes.add(replica.role() == Replica.Role.INCOMING ? "comes" : "goes");
    }
    switch (load.of(replica.node())) {
      case STEADY, FRESH -> {}
      case SILENT -> notes.add("silent");
      case UNREACHABLE -> notes.add("unreachable from placement, heard by others");
      case DEAD -> notes.add("dead");
    }
    if (load.lost().contains(replica.id())) {
      notes.add("lost there");
    }
    if (node.filter(Node::isDraining).isPresent()) {
      notes.add("draining");
    }
    return notes.isEmpty()
        ? words.toString()
        : words.append(" (").append(String.join(", ", notes)).append(')').toString();
  }

  private void tellOf(Node node) {
    long id = node.id();
    List<Replica> held =
        view.shards().values().stream()
            .flatMap(each -> each.value().replicaOn(id).stream())
            .toList();
    long lost = held.stream().filter(each -> load.lost().contains(each.id())).count();
    long led = load.leaders().values().stream().filter(leader -> leader == id).count();
    String health =
        switch (load.of(id)) {
          case STEADY -> "is heard";
          case FRESH -> "is back, or new, since a short time; nothing is evened out with it yet";
          case SILENT -> "is silent; its replicas are not replaced yet, for it may come back";
          case UNREACHABLE ->
              "is unreachable from placement, but heard by its peers; its replicas are not"
                  + " replaced, for they serve, and nothing is changed about them";
          case DEAD -> "is dead: its replicas are to be replaced";
        };
    say(
        "is",
        0,
        String.format(
            "node %d %s%s; it holds %d replicas%s and leads %d shards",
            id,
            health,
            node.isDraining() ? ", and is draining" : "",
            held.size(),
            lost == 0 ? "" : ", of which " + lost + " are lost there,",
            led));
    List<Job> leaving =
        view.jobs().values().stream()
            .filter(job -> job instanceof Move move && move.leaves(id, view))
            .toList();
    List<Job> coming =
        view.jobs().values().stream()
            .filter(job -> job instanceof Move move && move.comesTo(id))
            .toList();
    say(
        "jobs",
        0,
        String.format(
            "%d replicas are on their way to it, %d on their way off it",
            coming.size(), leaving.size()));
    Plan plan = Planner.explainNode(view, load, policy, id);
    findings.addAll(plan.findings());
    if (node.isDraining() && held.isEmpty()) {
      say("drain", 0, "it is empty and can be removed: node remove " + id);
    }
  }

  private void tellOf(Job job) {
    say(
        "job",
        job.shard(),
        String.format("job %d is under way: it %s%s", job.id(), job.words(), because(job)));
  }

  private void tellOfPlanned(Job job) {
    say("plan", job.shard(), "about to begin: it " + job.words() + because(job));
  }

  private void tellOf(EndedJob ended) {
    String how =
        switch (ended.ending().how()) {
          case DONE -> "is done";
          case CANCELLED -> "was cancelled";
          case GIVEN_UP -> "was given up";
        };
    say(
        "last job",
        ended.job().shard(),
        String.format("job %d %s: %s", ended.job().id(), how, ended.ending().why()));
  }

  private static String because(Job job) {
    return job.reason().isEmpty() ? "" : " (" + job.reason() + ")";
  }

  private void say(String rule, long shard, String text) {
    findings.add(new Finding(rule, shard, 0, text));
  }
}
