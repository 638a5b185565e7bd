package io.flotilla.deploy.whole;

import io.flotilla.deploy.whole.Looks.Look;
import io.flotilla.raft.history.Value;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.router.client.Entry;
import io.flotilla.router.client.KvException;
import io.flotilla.router.client.Page;
import io.flotilla.router.client.Scan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * One scan of the SDK, page after page to its end: each key of its range comes once and in order,
 * and is read by the page that shows it; or it is read as absent by the page that passes it. Where
 * a page ends nobody says but the SDK ({@link Page#next} is opaque): a key between the last entry
 * of one page and the first of a later one was passed by any of these. One thread.
 */
final class UserScan {
  private final SimUser user;
  private final Looks looks;
  private final Runnable then;

  /** Keys that are still to come, in the order of the scan. */
  private final List<Integer> left;

  /** Of some of those, since when they may have been passed. */
  private final Map<Integer, Look> since = new HashMap<>();

  /** Of those, as reads by the page that is under way. */
  private final Map<Integer, Look> fresh = new HashMap<>();

  /**
   * @param range numbers of those user keys that lie in the range of the scan, in its order
   * @param then when it has ended, or failed
   */
  UserScan(SimUser user, Looks looks, List<Integer> range, Runnable then) {
    this.user = user;
    this.looks = looks;
    this.left = new ArrayList<>(range);
    this.then = then;
  }

  /** Asks for the next page. */
  void go(Scan scan) {
    left.forEach(key -> fresh.put(key, looks.begin(key)));
    user.await(
        looks.keys().scan(scan),
        new SimUser.Reception<Page>() {
          private Runnable next = then;

          @Override
          public Supplier<String> succeeded(Page page) {
            user.world.counts().add(FaultKind.SCAN);
            judge(scan, page);
            page.next().ifPresent(from -> next = () -> go(scan.from(from)));
            return () -> looks.level() + " " + scan + ": " + page;
          }

          @Override
          public Supplier<String> failed(KvException why) {
            since.values().forEach(Look::ended);
            fresh.values().forEach(Look::ended);
            return () -> looks.level() + " " + scan + ": " + why.getMessage();
          }

          @Override
          public void over() {
            next.run();
          }
        });
  }

  private void judge(Scan scan, Page page) {
    if (page.entries().size() > scan.limit()) {
      throw wrong(scan, page, "has more than " + scan.limit());
    }
    for (Entry entry : page.entries()) {
      int key = UserKeys.number(entry.key());
      int passed = left.indexOf(key);
      if (passed < 0) {
        throw wrong(scan, page, "shows " + UserKeys.name(key) + " twice, or in no order or range");
      }
      left.subList(0, passed).forEach(absent -> passing(absent).saw(Value.ABSENT));
      left.subList(0, passed + 1).clear();
      // What follows was passed by this page, or by a later one.
      since.values().forEach(Look::ended);
      since.clear();
      Look look = passing(key);
      if (scan.keysOnly()) {
        look.ended();
      } else {
        look.saw(Value.of(entry.value().asUtf8()));
      }
    }
    if (page.next().isEmpty()) {
      left.forEach(absent -> passing(absent).saw(Value.ABSENT));
      left.clear();
    } else {
      left.forEach(key -> since.put(key, passing(key)));
    }
  }

  /** The read of a key, if the page that is judged now was the last that can have passed it. */
  private Look passing(int key) {
    Look now = fresh.remove(key);
    Look before = since.remove(key);
    if (before == null) {
      return now;
    }
    now.ended();
    return before;
  }

  private AssertionError wrong(Scan scan, Page page, String how) {
    return new AssertionError(
        "SCAN: user %d is answered %s, %s, with a page that %s: %s"
            .formatted(user.id(), looks.level(), scan, how, page));
  }
}
