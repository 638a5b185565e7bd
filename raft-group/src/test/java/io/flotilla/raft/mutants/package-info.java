/**
 * Known bugs, put back on purpose: a suite that passes in spite of one does not test what it says.
 * Each is a small patch in {@code raft-group/src/test/mutants}, applied to a copy of one module's
 * sources; the product holds no switch for any. {@code raft-group/mutants} runs them, {@code
 * MutantSampleTest} a few of them with every build. Start at {@link Mutant}.
 */
@NullMarked
package io.flotilla.raft.mutants;

import org.jspecify.annotations.NullMarked;
