"""Workers whose lanes move while things go wrong, over a Kafka in memory, in an order of a seed.

Everything of elfaust and Faust is real, down to the code of the thread that talks to Kafka;
aiokafka's consumer and producer and the topic admin are played (client.py, others.py, process.py).
Two workers, their threads apart, are frozen, blocked, evicted, killed, stopped and started anew;
lanes move; commits and sends are refused, late, or arrive unanswered; a store is away, hangs or
refuses a table; the counts' changelog is compacted at any moment.

At the end all is committed; nothing is committed that was not stored; nothing is stored by who does
not have its lane, or before what comes before it; the counts are what was sent; no worker has ended
for anything but what Kafka or a store did.

What was broken on purpose, and in how many trials that was seen (a guard that another one stands
behind shows only if both are broken):
    a batch is acknowledged before it is written           18 of 25
    commits pass over a batch that is not acknowledged      7 of 25
    what was dropped is written nevertheless                8 of 25
    lanes are not ended as they go, nor what waits of them  6 of 30
    fetched records are handed on whoever has the lane      1 of 30, GapIsAskedFor (test_proofs.py)
    lanes are counted before the changelog is read         11 of 25
    what a lost lane had counted and not written is kept    seen once
    all takings of a lane write the same keys               4 of 25, ZombieCounts
    lanes wait for a commit for as long as it takes         CommitHangs
"""
