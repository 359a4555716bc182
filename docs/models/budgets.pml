/* Reserve and settle: the protocol of ports/budgets.py, with crashes, time-outs, duplicates and several workers.

   Each turn is a worker of its own. It reserves, announces its attempt in the ledger, sends it, and posts the bill or
   voids. It may die between any two steps. An answer of the store may be lost after the store did its work: the worker
   then goes on without a reservation (BUDGET_WHEN_STORE_DOWN=allow) or stops (refuse). A sweeper expires reservations,
   wrongly too (a clock that jumped, a worker that was paused), and settles expired ones by the ledger. Every settling
   step may happen twice.

   Checked in every reachable state:
   - what is spent and reserved exceeds the limit only by what turns in flight cost beyond their estimates
     (and by turns that ran without a reservation because the store was down);
   - nothing is negative.
   Checked at the end of every run:
   - no reservation is pending or expired: none lives for ever;
   - what is spent is exactly what upstream billed: no attempt is booked twice or forgotten. The only exception: a turn
     without a reservation whose worker dies before it posts is in the ledger alone.

   spin -a budgets.pml && cc -DSAFETY -O2 -o pan pan.c && ./pan -m100000        (make drill-budgets does it) */

#define TURNS 3
#define LIMIT 4

mtype = { absent, pending, posted, voided, expired };        /* HoldState; absent: there is no reservation */

byte estimate[TURNS];
byte price[TURNS];            /* what upstream bills if the request reaches it */
mtype hold[TURNS] = absent;
bool begun[TURNS];            /* the ledger's entry: announced */
bool billed[TURNS];           /* upstream has the request */
bool unguarded[TURNS];        /* ran without a reservation */
bool gone[TURNS];             /* its worker has ended or died */

short spent, reserved, beyond;     /* beyond: bills above estimates, and bills of unguarded turns */

#define counted(t) (hold[t] != absent && billed[t] -> price[t] : 0)
#define lost(t) (hold[t] != absent || !billed[t] || unguarded[t])     /* only unguarded turns may be lost */

inline check() {
  assert(spent >= 0 && reserved >= 0);
  assert(spent + reserved <= LIMIT + beyond)
}

inline allow_for(t, amount) {
  if
  :: unguarded[t] -> beyond = beyond + amount
  :: !unguarded[t] && amount > estimate[t] -> beyond = beyond + amount - estimate[t]
  :: else
  fi
}

inline post(t, amount) {
  atomic {
    if
    :: hold[t] == pending -> allow_for(t, amount); reserved = reserved - estimate[t]; spent = spent + amount; hold[t] = posted
    :: hold[t] == expired -> allow_for(t, amount); spent = spent - estimate[t] + amount; hold[t] = posted
    :: hold[t] == absent -> beyond = beyond + amount; spent = spent + amount; hold[t] = posted
    :: else                                                  /* a duplicate */
    fi;
    check()
  }
}

inline void(t) {
  atomic {
    if
    :: hold[t] == pending -> reserved = reserved - estimate[t]; hold[t] = voided
    :: hold[t] == expired -> spent = spent - estimate[t]; hold[t] = voided
    :: else
    fi;
    check()
  }
}

inline settle(t) {
  if
  :: billed[t] -> post(t, price[t])
  :: !billed[t] -> void(t)
  fi
}

proctype Worker(byte t) {
  bool goes = false;
  atomic {                                                   /* reserve */
    if
    :: spent + reserved < LIMIT && spent + reserved + estimate[t] <= LIMIT ->
         reserved = reserved + estimate[t]; hold[t] = pending;
         if
         :: goes = true
         :: goes = true                                      /* the answer was lost; allow. What it holds it still holds */
         :: goes = false                                     /* the answer was lost; refuse */
         fi
    :: else -> goes = false                                  /* refused */
    :: unguarded[t] = true; goes = true                      /* the store is down; allow */
    :: goes = false                                          /* the store is down; refuse */
    fi;
    check()
  }
  if
  :: goes ->
       if :: skip :: goto dead fi;
       begun[t] = true;
       if :: skip :: goto dead :: goto settling fi;          /* dies, or is stopped before it sends */
       billed[t] = true;
       if :: skip :: goto dead fi;
settling:
       settle(t);
       if :: skip :: settle(t) :: goto dead fi
  :: !goes && hold[t] == pending ->
       if :: void(t) :: goto dead fi
  :: else
  fi;
dead:
  gone[t] = true
}

inline swept(t) {
  if                                                         /* expire: rightly, or too early */
  :: atomic { hold[t] == pending -> reserved = reserved - estimate[t]; spent = spent + estimate[t]; hold[t] = expired; check() }
  :: hold[t] == expired && gone[t] -> settle(t)              /* by the ledger, whose sweeper ended the entry */
  fi
}

active proctype Sweeper() {
  do
  :: swept(0)
  :: swept(1)
  :: swept(2)
  :: atomic {
       gone[0] && gone[1] && gone[2] &&
       hold[0] != pending && hold[0] != expired && hold[1] != pending && hold[1] != expired &&
       hold[2] != pending && hold[2] != expired ->
       assert(reserved == 0);
       assert(lost(0) && lost(1) && lost(2));
       assert(spent == counted(0) + counted(1) + counted(2));
       break
     }
  od
}

init {
  atomic {
    estimate[0] = 2; price[0] = 1;                           /* cheaper than estimated */
    estimate[1] = 2; price[1] = 3;                           /* dearer */
    estimate[2] = 0; price[2] = 1;                           /* unknown price: reserves nothing */
    run Worker(0); run Worker(1); run Worker(2)
  }
}
