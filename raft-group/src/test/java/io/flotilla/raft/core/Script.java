package io.flotilla.raft.core;

import io.flotilla.raft.port.MembershipBlock;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A group in which nothing happens by itself: each command of a script does one thing, and says
 * what came of it. Messages stay under way until a command delivers or drops them.
 *
 * <pre>
 * config inflight-messages=2     before the group: also inflight-bytes, append-bytes, uncommitted-bytes,
 *                                election-ticks, promotion-lag, pre-vote=off, check-quorum=off
 * group 1 2 3                    a new group; "learners 4" and "spare 5" (no member yet) may follow
 * log 1 term=6 1 1 4             restarts 1 from a disk in that term with entries of these terms;
 *                                1:2+3/1+2 is of term 1, and a joint membership
 * campaign 1 | tick 1 10 | propose 1 "x" "y" | read 1 | timeout-now 2
 * members 1 voters 2 3 learners 4      asks 1 to make these the members
 * transfer 1 [2]                 asks 1 to hand leadership over
 * recover 1                      asks 1 to leave everybody else out
 * doubt 4                        has 4 ask everybody whether it was removed
 * timeout 1 15                   what 1 draws from now on, if not the least
 * settle                         delivers until nothing is under way; loud, unless "quietly" follows
 * deliver [1->2] [n]             what is under way now (on that link, the first n); not what comes of it
 * drop|delay|repeat|reverse 1->2 [n]   of what is under way; "arrive" brings the delayed back
 * isolate 1 | cut 1->2 | heal    what is sent on cut links is lost
 * hold 1 | sync 1 [n] | release 1      the disk stalls, makes n batches durable, goes on
 * crash 1 | restart 1            what was not durable is gone
 * truncate 1 5 | unload 1 | load 1     the log is cut, is not in memory, is there again
 * fetch 1 2 | restore 1          2's state comes to lie beside 1's; the newest such may become its state
 * show 1 | state 1               its log; what its state machine has applied
 * </pre>
 */
final class Script {
  private static final Pattern COMMAND_END =
      Pattern.compile(",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)|\n");
  private static final Pattern SPACES = Pattern.compile("\\s+");
  private static final Pattern QUOTED = Pattern.compile("\"([^\"]*)\"");

  private final Map<Long, ScriptReplica> replicas = new TreeMap<>();
  private final List<ScriptMessage> underWay = new ArrayList<>();
  private final List<ScriptMessage> delayed = new ArrayList<>();
  private final Set<String> cut = new HashSet<>();
  private final List<String> lines = new ArrayList<>();
  private CoreConfig config = CoreConfig.DEFAULT;
  private boolean quiet;
  private long tokens;

  /** Runs commands, separated by commas outside of quotes or by lines; gives what they printed. */
  String run(String commands) {
    lines.clear();
    for (String command : COMMAND_END.splitAsStream(commands).toList()) {
      List<String> words = new ArrayList<>(SPACES.splitAsStream(command.strip()).toList());
      quiet = words.remove("quietly");
      command(words.get(0), words.subList(1, words.size()), command);
      quiet = false;
    }
    lines.add(replicas.values().stream().map(Object::toString).collect(Collectors.joining(" | ")));
    return String.join("\n", lines);
  }

  private void print(String line) {
    if (!quiet) {
      lines.add(line);
    }
  }

  private void command(String verb, List<String> words, String command) {
    switch (verb) {
      case "config" -> words.forEach(this::configure);
      case "group" -> group(words);
      case "log" -> log(words);
      case "settle" -> settle();
      case "deliver" -> deliver(take(words));
      case "drop" -> take(words).forEach(message -> print(message + " dropped"));
      case "delay" -> delayed.addAll(take(words));
      case "arrive" -> {
        underWay.addAll(0, delayed);
        delayed.clear();
      }
      case "repeat" -> underWay.addAll(matching(words));
      case "reverse" -> reverse(words);
      case "heal" -> cut.clear();
      case "cut" -> cut.addAll(words);
      case "isolate" -> isolate(words.get(0));
      default -> {
        Consumer<ScriptReplica> action = replicaCommand(verb, words, command);
        if (words.get(0).equals("all")) {
          replicas.values().forEach(action);
        } else {
          action.accept(replica(words.get(0)));
        }
      }
    }
  }

  private Consumer<ScriptReplica> replicaCommand(String verb, List<String> words, String command) {
    int number =
        words.size() > 1 && words.get(1).matches("\\d+") ? Integer.parseInt(words.get(1)) : 1;
    return switch (verb) {
      case "campaign" -> replica -> replica.step(new Input.Campaign());
      case "tick" ->
          replica -> {
            for (int i = 0; i < number; i++) {
              replica.step(new Input.Tick());
            }
          };
      case "propose" -> replica -> replica.step(proposals(command));
      case "members" -> replica -> replica.step(change(words));
      case "transfer" ->
          replica ->
              replica.step(
                  new Input.TransferAsked(
                      ++tokens,
                      words.stream().skip(1).map(Long::parseLong).map(ReplicaId::new).findFirst()));
      case "doubt" -> replica -> replicas.keySet().forEach(replica::askIfRemoved);
      case "recover" -> replica -> replica.step(new Input.RecoverAsked(++tokens));
      case "read" -> replica -> replica.step(new Input.ReadAsked(++tokens));
      case "timeout" -> replica -> replica.timeoutTicks(number);
      case "timeout-now" -> ScriptReplica::timeoutNow;
      case "hold" -> replica -> replica.hold(true);
      case "release" -> replica -> replica.hold(false);
      case "sync" -> replica -> replica.sync(number);
      case "crash" -> ScriptReplica::crash;
      case "restart" -> ScriptReplica::start;
      case "truncate" -> replica -> replica.cutTo(number);
      case "unload" -> replica -> replica.unload(true);
      case "load" -> replica -> replica.unload(false);
      case "fetch" -> replica -> replica.fetch(replica(words.get(1)));
      case "restore" -> ScriptReplica::restore;
      case "state" -> replica -> print(replica.state());
      case "show" -> replica -> print(replica.show());
      default -> throw new IllegalArgumentException("no such command: " + command);
    };
  }

  private ScriptReplica replica(String id) {
    ScriptReplica replica = replicas.get(Long.parseLong(id));
    if (replica == null) {
      throw new IllegalArgumentException("no replica " + id);
    }
    return replica;
  }

  private Input[] proposals(String command) {
    List<Input> proposals = new ArrayList<>();
    for (MatchResult quoted : QUOTED.matcher(command).results().toList()) {
      byte[] payload = quoted.group(1).getBytes(StandardCharsets.UTF_8);
      proposals.add(new Input.Proposed(++tokens, payload));
    }
    return proposals.toArray(Input[]::new);
  }

  private Input change(List<String> words) {
    Membership target = new Membership(after("voters", words), List.of(), after("learners", words));
    return new Input.MembershipAsked(++tokens, target);
  }

  /** The replicas that are named behind this word, up to the next word. */
  private static List<Membership.Member> after(String word, List<String> words) {
    return words.stream()
        .skip(words.contains(word) ? words.indexOf(word) + 1 : words.size())
        .takeWhile(id -> id.matches("\\d+"))
        .map(Long::parseLong)
        .map(id -> new Membership.Member(new ReplicaId(id), id))
        .toList();
  }

  private void group(List<String> words) {
    List<String> named = new ArrayList<>(words);
    named.add(0, "voters");
    Membership membership =
        new Membership(after("voters", named), List.of(), after("learners", named));
    List<Membership.Member> all = new ArrayList<>(membership.everybody());
    all.addAll(after("spare", named));
    for (Membership.Member member : all) {
      long id = member.replica().value();
      replicas.put(id, new ScriptReplica(id, config, membership, this::print, this::send));
    }
  }

  private void log(List<String> words) {
    long term = Long.parseLong(words.get(1).substring("term=".length()));
    List<Entry> entries = new ArrayList<>();
    for (String word : words.subList(2, words.size())) {
      entries.add(entry(entries.size() + 1, word));
    }
    replica(words.get(0)).startWith(term, entries);
  }

  /** A term; behind a colon the voters of a membership entry, and behind a slash the outgoing. */
  private static Entry entry(long index, String word) {
    int colon = word.indexOf(':');
    if (colon < 0) {
      return new Entry(index, Long.parseLong(word), Entry.Kind.COMMAND, new byte[0]);
    }
    int slash = (word + "/").indexOf('/');
    String outgoing = word.substring(Math.min(slash + 1, word.length()));
    Membership membership =
        new Membership(members(word.substring(colon + 1, slash)), members(outgoing), List.of());
    ByteBuffer payload = ByteBuffer.allocate(MembershipBlock.encodedBytes(membership));
    MembershipBlock.encode(membership, payload);
    long term = Long.parseLong(word.substring(0, colon));
    return new Entry(index, term, Entry.Kind.MEMBERSHIP, payload.array());
  }

  private static List<Membership.Member> members(String ids) {
    return Pattern.compile("\\d+")
        .matcher(ids)
        .results()
        .map(id -> Long.parseLong(id.group()))
        .map(id -> new Membership.Member(new ReplicaId(id), id))
        .toList();
  }

  private void configure(String setting) {
    int equals = setting.indexOf('=');
    String name = setting.substring(0, equals);
    String text = setting.substring(equals + 1);
    boolean on = !text.equals("off");
    long value = text.matches("\\d+") ? Long.parseLong(text) : 0;
    CoreConfig c = config;
    config =
        new CoreConfig(
            c.heartbeatTicks(),
            name.equals("election-ticks") ? (int) value : c.electionTicks(),
            name.equals("pre-vote") ? on : c.preVote(),
            name.equals("check-quorum") ? on : c.checkQuorum(),
            name.equals("inflight-messages") ? (int) value : c.inflightMessages(),
            name.equals("inflight-bytes") ? value : c.inflightBytes(),
            name.equals("append-bytes") ? value : c.appendBytesMax(),
            name.equals("uncommitted-bytes") ? value : c.uncommittedBytesMax(),
            name.equals("promotion-lag") ? value : c.promotionLagEntries());
  }

  private void send(ScriptMessage message) {
    if (cut.contains(message.from() + "->" + message.to())) {
      print(message + " lost");
    } else {
      underWay.add(message);
    }
  }

  private void isolate(String id) {
    for (Long other : replicas.keySet()) {
      cut.add(id + "->" + other);
      cut.add(other + "->" + id);
    }
  }

  private void settle() {
    for (int rounds = 0; !underWay.isEmpty(); rounds++) {
      if (rounds == 10_000) {
        throw new AssertionError("it does not settle: " + underWay);
      }
      deliver(List.of(underWay.remove(0)));
    }
  }

  private void deliver(List<ScriptMessage> messages) {
    for (ScriptMessage message : messages) {
      ScriptReplica to = replica(Long.toString(message.to()));
      boolean arrives = to.isUp() && !cut.contains(message.from() + "->" + message.to());
      print(message + (arrives ? "" : " lost"));
      if (arrives) {
        to.step(new Input.Received(new ReplicaId(message.from()), message.message()));
      }
    }
  }

  private List<ScriptMessage> matching(List<String> words) {
    Predicate<ScriptMessage> onLink = message -> true;
    int limit = Integer.MAX_VALUE;
    for (String word : words) {
      if (word.matches("\\d+")) {
        limit = Integer.parseInt(word);
      } else {
        onLink = message -> word.equals(message.from() + "->" + message.to());
      }
    }
    return underWay.stream().filter(onLink).limit(limit).toList();
  }

  private List<ScriptMessage> take(List<String> words) {
    List<ScriptMessage> taken = matching(words);
    taken.forEach(underWay::remove);
    return taken;
  }

  private void reverse(List<String> words) {
    List<ScriptMessage> taken = new ArrayList<>(take(words));
    Collections.reverse(taken);
    underWay.addAll(taken);
  }
}
