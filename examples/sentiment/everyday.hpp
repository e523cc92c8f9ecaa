// Sentences as people write them about a dinner, a film, a phone, a holiday or a repair. These rules make the
// everyday sentences of the corpus from the words of lexicon.hpp.
//
// A rule has its name in brackets. Below it are its readings, one on each line. A number before a reading is
// its weight; without a number it is 1. Braces contain other rules and lists of words; {} is no text:
//
//   {time}       any of the list `time`
//   {adj+}       praise, {adj-} blame
//   {adj*}       the sign that is asked for, {adj~} the opposite: one rule [opinion*] makes both opinions
//   {plain adj*} only the words without a space
//
// [opinion+] adds readings of praise to those of [opinion*]. A rule of a domain, such as [cinema.event+],
// adds to [event+] in sentences about films. {kind}, {mass}, {many} and {adj*} have the same topic in a
// sentence; {also opinion*} has another topic of the domain.
#pragma once

#include <array>
#include <string_view>

namespace sentiment {

// The topics of the domains. A topic that is there twice comes up twice as often.
struct DomainTopics {
  std::string_view domain, topics;
};
inline constexpr std::array kDomainTopics{
    DomainTopics{"dining", "food,food,food,drink,eatery,eatery,staff,staff"},
    DomainTopics{"cinema", "film,film,film,story,acting,acting"},
    DomainTopics{"product", "gadget,gadget,gadget,part,part,wear"},
    DomainTopics{"travel", "room,room,trip,crew"},
    DomainTopics{"service", "company,helper,job"},
};

inline constexpr std::string_view kEveryday = R"(
[sentence*]
26 {opinion*}{end*}
8 {verdict*}{end*}
7 {event*}{end*}
5 {opinion*} and {also opinion*}{end*}
4 {opinion*}, {also opinion*}{end*}
4 {opinion*}. {also opinion*}{end*}
3 {opinion*}, and {event*}{end*}
3 {event*}, and {opinion*}{end*}
3 {event*} and {event*}{end*}
3 {opinion*}, {verdict*}{end*}
3 {verdict*}, {opinion*}{end*}
2 {verdict*}: {opinion*}, {event*}{end*}
4 {context}, and {opinion*}{end*}
3 {context}, and {event*}{end*}
4 {context}. {opinion*}{end*}
2 {context}. {event*}{end*}
3 {opening} {opinion*}{end*}
2 {opening} {event*}{end*}
2 {opening} {verdict*}{end*}
2 {event*} {when}{end*}
2 {opinion*} because {event*}{end*}
2 {opinion*} since {event*}{end*}
2 {verdict*} because {opinion*}{end*}
2 {opinion*}, so {verdict*}{end*}
2 {event*}, so {verdict*}{end*}
3 {opinion~} but {also opinion*}{end*}
3 {opinion~}, but {event*}{end*}
2 {opinion~}; however, {also opinion*}{end*}
2 although {opinion~}, {also opinion*}{end*}
2 {also opinion*}, although {opinion~}{end*}
2 even though {opinion~}, {event*}{end*}
2 {opinion~}, but {verdict*}{end*}
2 {hope~} but {opinion*}{end*}
{event~}, but {verdict*}{end*}
despite the {plain adj~} {kind}, {also opinion*}{end*}
{opinion*}, {also opinion*} and {event*}{end*}
2 {context}{end*}
{context} and {context}, and {opinion*}{end*}
{aside}, {opinion*}{end*}
{opinion*}, {aside}{end*}
{opinion*}, if you ask me{end*}

[end+]
14 .
10 !
2 !!
!!!
:)
10 {}

[end-]
16 .
3 !
!!
...
:(
10 {}

[the]
6 the
3 this
their
our
my
that

[these]
5 the
these
their
our
all the

[was]
5 was
4 is
seems
looks
looked
felt
has been

[were]
5 were
4 are
seem
looked

[wasnt]
4 was not
4 wasn't
3 is not
3 isn't
was never
is never
2 isn't that
was hardly
is far from
was not at all
was nowhere near
2 was not very
2 is not very
was not really
was anything but
could not be called
is by no means

[werent]
3 were not
3 weren't
2 are not
2 aren't
were never
were hardly
were not very
were far from

[it]
5 it
3 this
everything
the whole thing
that

[we]
5 I
4 we

[subject]
5 {the} {kind} {was}
3 {the} {mass} {was}
3 {these} {many} {were}

[subject is not]
5 {the} {kind} {wasnt}
3 {the} {mass} {wasnt}
3 {these} {many} {werent}

[thing]
5 {the} {kind}
3 {the} {mass}

[stuff]
5 {the} {kind}
3 {the} {mass}
3 {these} {many}

[any]
3 {kind}
{mass}
{many}

[opinion*]
10 {thing} {does*}
2 {thing} just {does*}
2 {it} {does*}
{thing} {does*} and {does*}
5 {so to say*}, {opinion*}
5 {so to say*}, {event*}
4 {has*}
24 {subject} {adj*}
10 {subject} {very} {plain adj*}
3 {subject} {adj*} and {adj*}
2 {subject} {adj*}, {adj*} and {adj*}
2 {adj*}, {adj*} and {adj*}
6 {plain adj*} {any}
2 {very} {plain adj*} {any}
3 {plain adj*} {any}, {also described*}
2 {plain adj*} {any} and {also described*}
4 {it} {was} a {plain adj*} {kind}
3 what a {plain adj*} {kind}
3 {it} {was} {adj*}
2 {it} {was} {very} {plain adj*}
2 such a {plain adj*} {kind}
3 {we} had a {plain adj*} {kind}
2 one of the {best*} {many} {ever}
2 the {best*} {kind} {ever}
2 {it} {was} the {best*} {kind} {ever}
2 {it} {was} by far the {best*} {kind}
2 {plain adj*} {any}, {plain adj*} {any}
2 {we} found {stuff} {adj*}
2 {we} found {stuff} to be {very} {plain adj*}
2 {we} thought {subject} {adj*}
2 {we} think {subject} {adj*}
{someone} thought {subject} {adj*}
{someone} said that {subject} {adj*}
6 {we} {loved*} {stuff}
2 {someone} {liked*} {stuff}
2 I {am fond of*} {stuff}
2 {we} {liked*} how {adj*} {subject}
3 {I was} {feel*}
4 {I was} {feel*} with {stuff}
2 {I was} {feel*} by {stuff}
2 {someone} was {feel*} with {stuff}
2 {we} left {feel*}
it left me {feel*}
3 {thing} made it a {plain adj*} {kind}
{thing} made this a {things*}
4 {it} {was} a {things*}
3 {subject} a {things*}
2 a {things*}
2 what a {things*}
{adv*} {done}
3 {it} {was} {done} {manner*}
2 {manner*} {done}
2 everything was {done} {manner*}
2 {thing} {works} {manner*}
2 {subject} {much} {better*} than {expected}
{subject} {much} {better*} than the last one
{it} {was} {better*} than {any other}
it could not have been {better*}
who knew that {the} {kind} could be so {plain adj*}
nobody ever had a {better*} {kind}
2 I have never {seen} a {better*} {kind}
no one I know has {seen} a {better*} {kind}
I never expected {stuff} to be this {plain adj*}
2 {we} have had {better~}
I have {seen} {better~} {many}
it doesn't get {better*} than this
it just keeps getting {better*}
2 the {best*} part was {thing}
the {best*} thing about it was {thing}
{thing} alone {was} {adj*}
2 everything about {subject} {adj*}
everything was {adj*} and {subject} {adj*} too
from {any} to {any} everything was {adj*}
2 {subject} {adj*} as always
{subject} {adj*} as usual
{subject} {adj*} and so was {thing}
{subject} also {adj*}
the other {many} were {adj*} too
it tastes and looks {adj*}
I give it {stars*}
{stars*}
{we} got {plain adj*} {any} and {plain adj*} {any}
you get {plain adj*} {any}
they have {plain adj*} {any}
2 they have the {best*} {any} {ever}
2 it has {plain adj*} {any}
2 with {plain adj*} {any} and {plain adj*} {any}
nothing but {plain adj*} {any}
if you like {plain adj*} {any}, this is your place
{we} never had such {plain adj*} {any}
a {plain adj*} {kind} with {plain adj*} {any}
a {plain adj*} {kind}, {plain adj*} {any}

[described*]
{plain adj*} {any}

[opinion+]
nobody would call {stuff} {plain adj-}
2 {subject} neither {plain adj-} nor {plain adj-}
3 {subject is not} {adj-}
2 there was nothing {adj-} about {stuff}
2 {not once} did it feel {adj-}
2 {we} have no complaints about {stuff}
no {plain adj-} {many} here
{thing} could not have been {better+}
you can't go wrong with {stuff}
{thing} was not {adj-} at all
{we} can't say enough good things about {stuff}
I can not imagine a {better+} {kind}
hard to find a {better+} {kind}
without a single {adj-} moment
never a {plain adj-} moment
{thing} is never {adj-}
I have no regrets about {stuff}
{subject} not only {adj+} but also {adj+}
{we} have nothing but praise for {stuff}
{thing} alone is worth the {price}
{subject} worth every {penny}
{thing} is hard to beat
{thing} exceeded my expectations
{thing} blew me away
{thing} won us over
{thing} hit the spot
{thing} gets a thumbs up
{subject} a pleasant surprise
kudos to {stuff}
hats off to {stuff}
three cheers for {stuff}
thank you for the {plain adj+} {kind}
thanks to {stuff}, it was a {plain adj+} {time span}
{the} {kind} makes me smile
{thing} speaks for itself
{thing} never disappoints
{thing} did not disappoint
I am still thinking about {stuff}
my favorite {kind} {ever}

[opinion-]
9 {subject is not} {adj+}
4 {subject is not} {adj+} at all
3 there was nothing {adj+} about {stuff}
2 {we} did not find {stuff} {adj+}
2 {we} didn't think {subject} {adj+}
2 I don't think {subject} {adj+}
2 I wouldn't call {thing} {adj+}
nobody would call {thing} {adj+}
2 not a {plain adj+} {kind}
2 {it} {was} not a {plain adj+} {kind}
2 not {adj+}
not {adj+}, not {adj+}
neither {plain adj+} nor {plain adj+}
3 {subject} neither {plain adj+} nor {plain adj+}
2 I liked neither {the} {kind} nor {the} {kind}
2 no {plain adj+} {any}
2 {thing} could have been {better+}
{thing} could be {better+}
2 I expected more from {stuff}
2 I expected {better+} from {stuff}
2 I wish {thing} {were} {adj+}
I wish {we} had {known}
{thing} should have been {adj+}
it would have been nice if {thing} was {adj+}
if only {thing} {were} {adj+}
3 {subject} {too} {tooword}
2 {too} {tooword} for {me}
2 {subject} not {enough word} enough
2 not enough {many}
{thing} lacked {quality}
{thing} lacks {quality}
{thing} had no {quality}
there is no {quality} in {thing}
without any {quality}
zero {quality}
2 {thing} left a lot to be desired
{thing} leaves much to be desired
{subject} a complete waste of {money}
2 {subject is not} worth the {price}
2 {subject is not} worth it
2 {subject is not} as {plain adj+} as {expected}
2 {subject is not} what {expected}
{subject} less than {adj+}
{subject is not} up to {par}
{subject} nothing to write home about
{thing} did not impress me
{thing} did not live up to the {hype}
{thing} fell short
{thing} fell flat
{thing} never delivers
{thing} failed to impress
{thing} ruined it for me
{thing} ruined our {time span}
{thing} spoiled the {time span}
{thing} made me sick
{thing} made me angry
{thing} drove me crazy
{thing} gave me a headache
the problem is {thing}
my only complaint is {thing}
the main problem with it is {thing}
shame on {stuff}
there is no excuse for {stuff}
{thing} went downhill
{thing} went from {adj+} to {adj-}
{thing} used to be {adj+}
{thing} needs work
{thing} needs a lot of improvement
hardly {adj+}
hardly worth the {price}
I am not a fan of {stuff}
I can't say {subject} {adj+}
{subject} anything but {adj+}
no one could find {stuff} {adj+}
{thing} never works
don't even get me started on {stuff}
I was expecting {plain adj+} {any} and got {plain adj-} {any}
where is the {quality}
what is wrong with {stuff}
how can {thing} be so {plain adj-}
why is {thing} so {plain adj-}
who thought that {thing} was {adj+}

[has+]
3 full of {virtue}
{thing} is full of {virtue}
2 {thing} has {virtue}
{thing} has {virtue} and {virtue}
{thing} has so much {virtue}
lots of {virtue}
2 made with {virtue} and {virtue}
{thing} shows {virtue}
with {virtue} and {virtue}
packed with {virtue}
plenty of {virtue}
a {plain adj+} mix of {virtue} and {virtue}
the {virtue} makes up for the {vice}
{stuff} with {virtue}
{stuff} without {vice}
no {vice}
free of {vice}
the {kind}'s {virtue} is {adj+}
no {vice}, just {virtue}
I love the {virtue} of {stuff}

[has-]
3 full of {vice}
2 {thing} is full of {vice}
{thing} has nothing but {vice}
{thing} has too much {vice}
lots of {vice}
too much {vice}
so much {vice}
nothing but {vice}
{vice} and {vice} everywhere
{vice}, {vice} and more {vice}
{thing} suffers from {vice}
plagued by {vice}
{vice} ruined {stuff}
I can't stand the {vice}
tired of the {vice}
the {vice} is unbearable
{thing} lacks {virtue}
2 {thing} has no {virtue}
2 no {virtue}
no {virtue}, no {virtue}
without {virtue}
devoid of {virtue}
{thing} needs more {virtue}
where is the {virtue}
not enough {virtue}
little {virtue}
the {kind}'s lack of {virtue}
{vice} instead of {virtue}
more {vice} than {virtue}
an absence of {virtue}
{stuff} without {virtue}
there is no {virtue} here

[much]
3 {}
much
far
so much

[I was]
4 I was
4 I am
2 I'm
3 we were
we are
I have been

[best+]
4 best
greatest
finest
nicest
most enjoyable
freshest
friendliest
most delicious
most amazing
funniest
most beautiful
most helpful
most comfortable
tastiest
coolest

[best-]
6 worst
most boring
rudest
poorest
slowest
dirtiest
stupidest
most annoying
dumbest
most disappointing
most ridiculous
blandest
lousiest
ugliest
cheapest looking
least helpful
least interesting
most overrated
most horrible
saddest

[ever]
3 {}
2 ever
3 I have ever {seen}
2 we have ever {seen}
2 I've ever {seen}
2 in {town}
of all time
of the year
in years
in a long time
around
by far
I have {seen} in years

[cinema.seen]
3 seen
2 watched
sat through
read

[works]
4 works
2 worked
performs
has worked
turned out
came out
does the job

[hope+]
{we} expected it to be {adj+}
{we} had high hopes
{we} wanted to like it
{we} really wanted to love it
{it} sounded {adj+}
{it} looked {adj+} in the pictures
the reviews were {adj+}
{someone} told me it was {adj+}
it started out {adj+}
{it} used to be {adj+}
the idea is {adj+}
{it} had potential
it got rave reviews
{subject} okay

[hope-]
{we} expected it to be {adj-}
{we} were skeptical at first
{we} had low expectations
{we} did not expect much
{it} sounded {adj-}
the reviews were {adj-}
{someone} told me it was {adj-}
it started out {adj-}
{it} used to be {adj-}
{we} had our doubts
{we} almost didn't go
there was a wait
it is not cheap
it's a bit pricey
it took some getting used to
nobody is perfect
it is a little out of the way

[stars+]
five stars
1 5 stars
five out of five
1 10 out of 10
ten out of ten
a solid 9
four stars
two thumbs up
thumbs up
an a plus
a big thumbs up
full marks
1 10/10
a perfect ten
all the stars

[stars-]
one star
1 1 star
zero stars
no stars
1 2 stars at most
two thumbs down
thumbs down
a big thumbs down
an f
a d minus
zero out of ten
1 1 out of 10
a 2 out of 10
negative stars
half a star
1 3/10

[opening]
overall,
honestly,
to be honest,
in short,
in the end,
all in all,
first of all,
well,
wow,
and
so
also,
plus,
seriously,
basically,
as for {stuff},
again,
once again,
I must say
I have to say
I think
I guess
I would say
in my opinion,
let me tell you,
bottom line:
as a {kind} lover,
this time
really,
oh man,
yes,
in fact,
for one thing,
needless to say,
I have to admit,
just to be clear,

[aside]
for {price word} dollars
at this price
for the price
after {number} {units}
for a {kind}
with {number} {many}
for what you pay
compared to other {many}
considering the price
as {someone} said
this being {place}
between you and me

[price word]
1 5
1 10
1 15
1 20
1 30
1 50
1 100
1 200

[context]
4 {we} went {place} {time}
3 {we} went there {reason}
4 {we} ordered {object}
3 {we} had {object}
3 {we} got {object}
3 {someone} ordered {object}
3 {we} bought {object} {time}
2 {we} bought {object} {reason}
2 {we} tried {object} {time}
2 {we} came here {reason}
2 {we} came here with {someone}
2 we were there {time}
2 {we} stopped by {time}
2 {we} visited {time}
2 {we} watched it with {someone}
2 {we} saw it {time}
2 {someone} gave it to me {time}
2 {someone} and I shared {object}
{someone} bought one {time}
{we} stayed for {number} {units}
{we} have had it for {number} {units}
{we} used it {reason}
{we} took {someone} there {time}
{we} drove by {time}
{we} sat outside
{we} read about it {place}
{we} picked it up {time}
{we} called {time}
{we} booked it online
{we} live {place}
{we} were staying {place}
{it} opened {number} {units} ago
{it} is {place}
they are {place}
{it} came with {object}
{it} is about {number} people {place}
{it} costs {price word} dollars
{it} was shot {place}
{it} tells the story of {someone}
{it} is based on a book
it has {number} {many}
the other {kind} is {place}
{someone} had {object} and I had {object}
{someone} was with me
we brought the kids
my parents came along
our friends were there too
{it} was our {ordinal} time
{it} was my {ordinal} {kind}
{we} sat at the bar
there were {number} of us
{someone} works {place}
{we} asked for {object}
I plugged it in
I opened the box {time}
I am {number} years into this
{someone} has one too
I usually use another brand
I own {number} like it
I have never written a review before
{we} walked in {time}
{we} paid {price word} dollars for it
{someone} works there
it comes in {number} colors
{it} is on the menu
the story is about {someone}
the story takes place {place}
{actor} plays {someone}
{it} was made in the {decade}
{we} rented it {time}
{we} tried the other {kind} too
there is another {kind} {place}
that was {number} {units} ago

[when]
{time}
{place}
{reason}
when we were {place}

[verdict+]
4 {we} will {definitely} be back
3 {we} will {definitely} {return again}
2 {we}'ll be back
2 can't wait to go back
2 {we} can't wait to {return again}
2 {we} would {definitely} {return again}
3 highly recommended
3 highly recommend {it}
3 I {definitely} recommend {it}
3 I would recommend {it} to {anyone}
2 recommended
I recommend {it} to {anyone}
I have recommended it to {anyone}
2 do yourself a favor and {try} it
2 {try} it
you won't regret it
you will not be disappointed
2 {we} were not disappointed
you will love it
go {try} it now
don't miss it
don't miss this one
a must for {anyone}
2 worth every {penny}
2 {well} worth the {price}
{we} would do it again in a heartbeat
{we} would pay twice as much
I want another one
{we} are going back {time future}
{we} keep coming back
{we} come here all the time
{we} have been coming here for years
our new favorite {kind}
this is our go to {kind}
this is my new favorite
{someone} wants one too
{someone} loved it
2 love it
2 {we} love it here
2 {we} {loved+} it
2 {we} {loved+} this {kind}
loved it
2 I'm a fan
2 great job
2 well done
keep up the good work
thank you
thanks
thumbs up
yum
yay
wow
bravo
enjoy
no complaints
no complaints here
no problems so far
so far so good
what more could you want
what more can I say
can't ask for more
couldn't ask for a better {kind}
you can't beat it
it doesn't get better
never disappoints
1 10 out of 10
ten stars
it made my day
{it} was love at first sight
I am glad I found it
I am glad we went
so glad {we} tried it
I'm so happy I bought it
best decision ever
best purchase I ever made
money well spent
time well spent
give it a try
give it a chance
check it out
you have to try it
you must see it
buy it
get one
go see it
go for it
not bad
not bad at all
not too shabby
can't complain
I will never go anywhere else
I won't go anywhere else
I would not change a thing
you can't go wrong
exactly what {we} wanted
it is everything {we} wanted
I would buy from them again

[verdict-]
4 {we} will {not} be back
3 {we} won't be back
3 {we} will {not} {return again}
3 {we} won't {return again}
2 {we} would {not} {return again}
2 never again
2 I will never {return again}
2 {we} are never going back
2 {we} will never {return again}
3 I would not recommend {it}
2 I would not recommend {it} to {anyone}
2 I don't recommend {it}
2 I do not recommend {it}
2 I can't recommend {it}
not recommended
3 don't waste your {money}
2 do not waste your {money}
2 save your {money}
2 a waste of {money}
2 what a waste of {money}
2 {it} was a waste of {money}
a total waste of {money}
3 avoid
2 avoid {it}
2 avoid at all costs
2 stay away
2 stay away from {it}
run away
beware
buyer beware
don't bother
don't go there
2 don't buy it
2 do not buy {it}
don't believe the {hype}
skip it
skip this one
2 I {loved-} it
2 {we} {loved-} this {kind}
{we} {loved-} everything
I regret {buying} it
2 I regret {buying} it
I regret {buying} this {kind}
I was sorry that {we} went
I wish {we} had {known}
{we} should have {known}
{we} want our money back
I want my money back
I asked for a refund
I want those {number} hours back
I'll never get that time back
go somewhere else
there are better {many} out there
look elsewhere
{we} will go elsewhere
{we} will take our business elsewhere
I'd rather {rather}
{we} have been to better {many}
{we} have had better
I've had better
{it} was a mistake
big mistake
very disappointing
disappointing
2 disappointed
what a disappointment
so disappointed
not good
not worth it
not worth the {price}
{it} is not worth your {money}
{it} isn't worth the {price}
not impressed
not for me
not my cup of tea
no thanks
no thank you
never ever
thumbs down
what were they thinking
what a joke
what a shame
shame on them
they should be ashamed
they don't care
nobody cares
yuck
ugh
eww
gross
boo
blah
meh
zero stars
if I could give zero stars I would
I am done
done with this {kind}
I give up
you get what you pay for
you have been warned
fool me once
worst purchase ever
worst decision ever
money down the drain
buy something else
spend your money elsewhere
send it back
I am returning it
I returned it
I had to return it
I sent it back
I threw it away
it went in the trash
back to the store it goes
please fix this
I want to cry
pass
hard pass

[definitely]
3 {}
3 definitely
certainly
surely
for sure
gladly
always
absolutely
happily

[not]
4 not
3 never
definitely not
not ever
certainly not

[well]
2 well
{}
totally
definitely
so

[cinema.return again]
2 watch it again
2 see it again
read it again
rent it again
watch it with the kids
see anything by this director

[product.return again]
3 buy it again
buy this brand again
buy from them again
order another one
purchase this again
shop here again

[travel.return again]
2 stay here again
stay there again
book with them again
fly with them again
travel with them again

[service.return again]
2 use them again
call them again
go to them again
do business with them again
shop here again
hire them again

[event+]
8 {we} had a {plain adj+} time
3 {we} had a {things+}
3 everything was {adj+}
3 everything worked {manner+}
2 it was {done} {manner+}
2 nothing was {adj-}
2 {we} {loved+} everything
2 {we} {loved+} every minute of it
2 it was worth the {price}
2 it was worth every {penny}
{we} got our money's worth
{we} got more than we paid for
{we} had no problems at all
{we} never had a problem
there was nothing to complain about
{we} could not find anything wrong
I couldn't be happier
{someone} couldn't be happier
we could not be more pleased
{someone} was all smiles
{someone} is very happy with it
they went out of their way to help us
they went above and beyond
they made us feel welcome
they made us feel at home
they treated us like family
they treat you like a king
they take good care of you
they know what they are doing
they really care
they have earned a customer for life
they thought of everything
they fixed it right away
they made it right
they gave us a discount
they replaced it for free
they gave us {object} on the house
it came with free {many}
it exceeded {our} expectations
it surpassed all {our} expectations
it was more than {we} expected
it was better than {expected}
it lived up to the {hype}
it deserves all the praise
it made {someone} so happy
it brought a smile to my face
it put us in a good mood
it is always a pleasure
it is always {adj+}
it never gets old
it never lets me down
it felt like home
{we} felt right at home
you get a lot for your money
you get your money's worth
the price is right
the price was {right price}
the prices are {right price}
I was impressed from the start
it gets better every time
it gets better and better
there is something for everyone
it has everything you need
it has it all
two big thumbs up
{we} were in and out in {number} minutes
{we} didn't have to wait
{we} could not have asked for more
even {someone} liked it
even {someone}, who hates everything, loved it
{someone} raves about it
I rave about it to everyone
I told all my friends about it
I have told everyone about it

[event-]
8 {we} had a {plain adj-} time
3 {it} was a {things-}
3 everything was {adj-}
2 it was {done} {manner-}
2 nothing was {adj+}
2 nothing {works}
2 nobody {helped}
2 no one {helped}
{we} {loved-} every minute of it
{it} was not worth the {price}
{it} was not worth a {penny}
{we} paid too much
{we} paid for nothing
{we} got nothing for our money
{we} did not get what we paid for
{we} got ripped off
{we} were overcharged
they overcharged us
they charged us twice
they charged me for {object} I never got
they charge too much
they charge extra for everything
they ripped us off
they lied to us
they lied about everything
they lost our {order}
they lost my business
they lost a customer
they forgot our {order}
they forgot {object}
they messed up our {order}
they got our {order} wrong
they screwed up the {order}
they ignored us
they ignored my {calls}
they treated us like dirt
they treated us badly
they were out of {object}
they ran out of {object}
they refused to {help}
they would not {help}
they couldn't {help}
they didn't {help}
they did not even {help}
they never {helped}
they could care less
they don't care about customers
they don't know what they are doing
they have no idea what they are doing
they have no clue
they only want your money
they took our money and {helped not}
they kept us waiting
they blamed us
they yelled at {someone}
they laughed at {someone}
they rolled their eyes
they rushed us out
they argued with us
they hung up on me
they put me on hold for an hour
they keep making excuses
{we} waited and waited
{we} waited {number} hours
{we} waited forever for {object}
{we} waited for {number} {units} and {helped not}
{we} had to wait {number} hours
{we} had to wait forever
{we} had to ask {number} times
{we} had to {had to}
it took {number} hours to get {object}
it took forever
it took {number} hours
it took them an hour
{we} walked out
{we} left
{we} left hungry
{we} left early
{we} got up and left
{we} got sick
{someone} got sick
{someone} was in tears
{someone} cried
{someone} refused to go back
{someone} hated it
{someone} fell asleep
{we} complained to the manager
{we} complained and {helped not}
{we} asked for the manager
{we} asked for {object} and never got it
I still have not received {object}
I still haven't heard back
I never got {object}
I never received {object}
I never got an answer
I never got a refund
I am still waiting for {object}
I am still waiting
I had to cancel
I had to throw it away
I called {number} times and {helped not}
it let us down
it made no difference
it made things worse
it went downhill from there
it gets worse and worse
it gets worse every time
it keeps getting worse
it could not get any worse
it has gone downhill
it ruined my day
it ruined our {time span}
it does not deserve {stars}
it didn't do anything for me
there is nothing good about it
there is nothing {adj+} about it
there was a hair in {object}
there was nothing for {someone}
there was no apology
there was no excuse
no apology
not even an apology
no refund
no one apologized
no one said sorry
no one came to our table
no one answered the phone
the price was {wrong price}
the prices are {wrong price}
for this price it should be better
it's not what it used to be
I could do better myself
I have seen better in {place word}
I had to {had to}
something was wrong with it
everything went wrong
I had to fight for a refund
the health department should {close them}

[dining.event+]
2 the portions were {huge}
we licked our plates clean
we cleaned our plates
it melted in my mouth
it melts in your mouth
it just melts in your mouth
it tasted like home
everything tasted {adj+}
it hit the spot
our food came out quickly
the food came out {manner+}
our drinks were never empty
we were seated right away
we were seated immediately
we got our food in minutes
they have a great selection of {many}
the menu has something for everyone
I dream about {object}
I could eat here every day
I could drink it all day
I ate every bite
it was cooked to perfection
the {kind} was cooked perfectly
the meat falls off the bone
we ate until we could not move
it satisfied my craving
you can taste the {fresh}
the chef came out to say hello
our server was {adj+}
our waiter took great care of us
our glasses were always full
we all left full and happy
I was craving {many} and this did the trick
the bartender makes a mean {kind}
this place has soul
the flavors dance on your tongue
it blew our minds
we got a free dessert
leftovers were great the next day
we go here every week
I always get {object}

[dining.event-]
2 the portions were {tiny}
I could not eat it
I couldn't finish it
I couldn't eat it
I spit it out
I had to spit it out
we sent it back
we sent back {object}
it tasted like {yuck}
it tasted like {yuck}
everything tasted like {yuck}
it smelled like {yuck}
the place smelled like {yuck}
it was like eating {yuck}
it had no taste
it had no flavor
it had zero taste
I got food poisoning
we all got food poisoning
{someone} threw up
it made me sick
my stomach hurt all night
I was sick for {number} days
there was a hair in my {kind}
I found a hair in my food
I found a {bug} in my {kind}
there was a {bug} on the table
there were {bug}s everywhere
our food came out cold
our food never came
the food took an hour
the food took forever to come out
it took an hour for our food to arrive
we waited {number} minutes to be seated
we waited {number} minutes for the check
we waited {number} minutes before anyone came
our waiter disappeared
our waitress disappeared
our server never came back
our server forgot {object}
the waiter spilled {object}
the waiter never refilled our water
our drinks sat empty
the table was sticky
the glasses were dirty
there was lipstick on my glass
the bathroom had not been cleaned
my {kind} was raw in the middle
the {kind} was still frozen
the {kind} came with no {many}
half of the menu was not available
you can get better at {chain}
I have had better at {chain}
{chain} is better than this
they were out of everything
they brought the wrong {kind}
they brought me the wrong order
the bill was wrong
we left most of it on the plate
it came out of a can
{person word} would not eat it
I wouldn't feed it to my dog
they need to learn how to cook
I paid {price word} dollars for {object}
you could see the grease
it was drowning in sauce
I had to drown it in ketchup

[cinema.event+]
I laughed out loud
we laughed so hard we cried
{we} laughed the whole time
it made me laugh and cry
I cried at the end
it moved me to tears
it touched my heart
it keeps you guessing
it kept me guessing until the end
it keeps you on the edge of your seat
I was on the edge of my seat
I was hooked from the first {minute}
it grabs you from the first {minute}
it held my attention throughout
I couldn't put it down
I could not stop watching
I couldn't take my eyes off it
I could watch it over and over
I have watched it {number} times
I never get tired of it
it never gets boring
it stays with you
it stayed with me for days
it makes you think
it will make you think
it restored my faith in {many}
it gave me chills
it gave me goosebumps
it stands the test of time
it deserves an oscar
it deserved every award
the director {nailed}
{actor} {nailed}
the actors {nailed}
the lead gives a {plain adj+} performance
the chemistry between the leads is {adj+}
there is not a wasted moment
there isn't a dull moment in it
there was never a dull moment
the time flew by
two hours flew by
it captures the spirit of the book
it captures {mood} perfectly
you really care about the characters
you root for the characters
you will laugh and you will cry
it is {adj+} from start to finish
it is full of {plain adj+} {many}
it has a lot of heart
it is a film that everyone should see
one of my all time favorites
I bought the dvd
I saw it twice in one week
it is one of those rare {many} that get everything right
the audience clapped at the end
it shows what cinema can be
it manages to be both {adj+} and {adj+}
it is a {plain adj+} look at {mood}
it is a {plain adj+} portrait of {mood}
the twist took me by surprise
I was glued to the screen
I was in stitches
it holds up well today
{actor} is at the top of {his} game
{actor} shines
{actor} steals the show
{actor} steals every scene
{actor} carries the film
{actor} delivers a {plain adj+} performance
{actor} is {adj+} in it
{actor} does a great job
{actor} is a genius
{actor} brings the character to life

[cinema.event-]
I fell asleep
I almost fell asleep
I nearly fell asleep twice
it put me to sleep
it put us to sleep
I walked out
we walked out after {number} minutes
I turned it off
I turned it off after {number} minutes
I couldn't finish it
I could not sit through it
I could hardly sit through it
I kept looking at my watch
I kept checking my watch
I kept waiting for it to end
I couldn't wait for it to end
I want my {number} hours back
I lost {number} hours of my life
I'll never get those hours back
I was bored out of my mind
I was bored to tears
I did not laugh once
I didn't laugh once
nobody in the theater laughed
the jokes fall flat
none of the jokes worked
there is no plot
there was no plot
there is no story
there is no character development
there was no suspense
there are no surprises
nothing happens
nothing ever happens
it makes no sense
it made no sense
none of it made sense
the plot makes no sense
the plot is full of holes
you can see the ending coming
I saw the ending coming
you know what will happen
I did not care about the characters
you don't care about anyone
I couldn't have cared less about the characters
it drags
it drags on and on
it goes nowhere
it goes on forever
it takes forever to get going
it tries too hard
it tries to be funny but isn't
it tries to be {adj+} and fails
it fails on every level
it fails to be {adj+}
it falls apart in the second half
it runs out of ideas
it is an insult to the {fans}
it insults your intelligence
it ruins the book
it butchers the book
the book was much better
the original was much better
the trailer was better than the film
the actors look bored
the actors can't act
nobody in it can act
{actor} can't act
{actor} can not act to save {his} life
{actor} was miscast
{actor} was wasted in this
{actor} overacts
{actor} should be ashamed
{actor} is just annoying
{actor} seemed bored
{actor} should stick to tv
{actor} phones it in
the effects look fake
the dialogue sounds fake
the camera shakes
you can't hear half of the dialogue
how did this get made
how did anyone approve this
who wrote this
whoever wrote this should {shame}
I have seen better acting in {place word}
I tried to like it
it left me cold
it does nothing new
we've seen it all before
it has been done before
it's just an excuse for {many}
it's two hours of nothing
it should have been {number} minutes shorter
it was painful to watch
it hurts to watch
it lacks any kind of {quality}
even the {many} were bad
not even {actor} could save it
not even the {many} could save it
there is nothing {adj+} in it

[product.event+]
it works {manner+}
it works great
works great
works well
works perfectly
it works like a charm
it works as advertised
it does exactly what it says
it does what it should
it does the job
does the job
it gets the job done
it still works after {number} years
it has lasted for years
it has held up well
it holds up well
it holds a charge
the battery lasts {number} days
the battery lasts all day
it charges quickly
it charges in no time
it fits perfectly
it fits like a glove
fits perfectly
it fits my {kind} perfectly
it arrived on time
it arrived early
it came {number} days early
it shipped fast
fast shipping
it arrived in perfect condition
it was easy to set up
it is easy to use
it is so easy to use
it was easy to install
it took {number} minutes to set up
I use it every day
I use it all the time
{someone} uses it every day
I have had no problems with it
I have had no issues
I had no trouble setting it up
no trouble at all
I have bought {number} more
I ordered a second one
I bought one for {someone}
I bought another one for {someone}
I would buy it again
I'd buy another
it looks great
it looks and feels great
it feels solid in my hand
it sounds great
it saves me a lot of time
it saved me a lot of money
it makes my life easier
it is just what I needed
it is exactly what I needed
it was exactly what I wanted
it is exactly as described
as described
it looks just like the picture
it survived a drop
I get compliments all the time
I got lots of compliments
{someone} loves it
my kids love it
my dog loves it
the sound is clear
I can hear everything clearly
everyone can hear me
I get a full signal everywhere
it pairs with my phone in seconds
it connects right away
it stays in place
it keeps everything cool
it keeps my {kind} safe
it protects my phone
it cleans everything
it replaced my old one
beats my old one by far
it feels like new
it is light as a feather
don't hesitate to buy it
you can't beat the price
for the price you can't beat it

[product.event-]
it does not work
it doesn't work
doesn't work
does not work
it didn't work
did not work
it never worked
it barely works
it hardly works
it no longer works
it stopped working
it stopped working after {number} {units}
it quit working
it quit working after a week
it died
it died after {number} {units}
it broke
it broke after {number} {units}
it broke in two
it broke the first time I used it
it fell apart
it fell apart after {number} {units}
the {kind} broke off
the {kind} fell off
the {kind} came off
the {kind} cracked
the {many} fell off
it cracked
it snapped in half
it ripped
it tore after one use
it leaks
it leaked all over
it melted
it caught fire
it overheats
it gets too hot
it freezes
it keeps freezing
it crashes all the time
it keeps crashing
it shuts off by itself
it shuts itself off
it turns itself off
it won't turn on
it would not turn on
it wouldn't turn on
it won't charge
it would not charge
it will not hold a charge
it doesn't hold a charge
the battery dies
the battery dies after {number} hours
the battery died
the battery drains too fast
the battery runs down quickly
the battery doesn't last
the battery lasts only an hour
it drops calls
it keeps dropping calls
I can't hear anything
I could not hear anything
nobody can hear me
people can't hear me
people say I sound like {yuck sound}
it sounds like {yuck sound}
I get no signal
it loses the signal
it won't connect
it would not pair with my phone
it disconnects all the time
it does not fit
it doesn't fit
it did not fit
it doesn't fit my {kind}
it doesn't stay in place
it falls out of my ear
it keeps falling off
it hurts my ears
it hurts
it arrived broken
it arrived damaged
it arrived late
it arrived {number} weeks late
it came broken
it came with a missing {kind}
it never arrived
parts were missing
half of the parts were missing
it was used and scratched
it was dead on arrival
they sent me the wrong one
they sent the wrong color
they sent a used one
the seller never answered
the seller refused a refund
I had to send it back
I sent it back
I returned it the next day
I returned it for a refund
I had to buy another one
I had to replace it
I had to replace it after {number} {units}
I am on my {ordinal} one
I had nothing but problems with it
nothing but trouble
it has a lot of problems
it has problems
it feels cheap
it looks cheap
it looks nothing like the picture
it smells like plastic
it smells like chemicals
it scratches easily
it shrank in the wash
the color faded
it is not as described
not as described
not as advertised
it did not come with {object}
it is made of cheap plastic
it ruined my {kind}
it damaged my {kind}
it destroyed my {kind}
it scratched my {kind}
it was a pain to install
the instructions make no sense
there were no instructions
I could not get it to work
I couldn't get it to work
I can't get it to work
it lasted {number} days
it lasted only {number} {units}
it only lasted {number} {units}
it barely lasted a month
{number} {units} later it was dead
it makes a loud noise
it makes an annoying noise
it has a mind of its own
it is going back
I would not give it away
tech support was no help
the warranty is useless
they won't honor the warranty
I should have kept my old one
my old one was better
my old one worked better

[travel.event+]
we slept like babies
we slept very well
the bed was so comfortable
we woke up to a {plain adj+} view
we could see the ocean
the view took our breath away
we did not want to leave
we didn't want it to end
we extended our stay
we stayed an extra day
they upgraded our room
they upgraded us for free
they let us check in early
check in was quick and easy
everything was within walking distance
it was close to everything
everything was on time
our flight was on time
our luggage was there first
the kids had a blast
the kids loved the pool
the guide knew everything
the driver was waiting for us
we felt safe
we felt like royalty
they left chocolates on the bed
they cleaned the room every day
we made memories for life
it took our breath away
we saw dolphins
the water was warm and clear
we already booked for next year
we booked again for next year
the staff remembered our names
we had a room with a view
the weather was perfect
we relaxed by the pool all day

[travel.event-]
we could not sleep
we couldn't sleep because of the noise
I did not sleep at all
the walls were paper thin
we could hear the neighbors
there was no hot water
there was no water
there was mold in the shower
there was hair in the sink
there were stains on the sheets
there were bed bugs
we found {bug}s in the room
we found bed bugs
the toilet was broken
the toilet did not flush
the shower did not work
the air conditioner did not work
the elevator was broken
the wifi did not work
the pool was closed
the room smelled like {yuck}
the room smelled of smoke
the carpet was stained
the bed was like a rock
our room was not ready
they lost our reservation
they lost our luggage
they gave our room away
they would not let us check in
they charged us for {object}
they cancelled our flight
our flight was cancelled
our flight was delayed {number} hours
the flight was {number} hours late
the bus never came
the driver got lost
we missed our connection
we got stuck at the airport
we sat on the runway for {number} hours
we were stuck in traffic
we slept on the floor
we slept in our car
we changed hotels
we left after one night
we checked out early
we were robbed
somebody stole {object}
the photos are a lie
the pictures lie
it rained in our room
the hotel needs to be renovated
there was nothing to do
there were too many people
it was too crowded to see anything
the tour was cancelled
the tour was cut short
our guide did not speak english
it ruined our vacation
it ruined our honeymoon

[service.event+]
they called me back right away
they answered all my questions
he answered all of my questions
she answered all of my questions
she took the time to explain everything
he took his time
he was on time
they showed up on time
they arrived early
they came the same day
they finished ahead of time
they finished the job in {number} hours
they fixed my car in an hour
they fixed the problem
they solved my problem
they resolved the issue quickly
they took care of everything
they cleaned up after themselves
they did a great job
they did an {plain adj+} job
he did a wonderful job
she did an amazing job on my hair
my hair looks {adj+}
my car looks brand new
my teeth look great
my back feels better
it did not hurt at all
I didn't feel a thing
I never feel rushed
I trust them
I trust him with my car
I would trust them with anything
they saved my life
they saved me a lot of money
they saved the day
they charged less than quoted
they beat any other price
they refunded my money without question
they sent a replacement right away
they helped me find what I needed
they listen to you
they remember my name
they are always there for you
I got a refund the same day
I found everything I needed
my package came the next day
my son learned so much
my daughter loves her teacher
my dog loves going there
everyone greeted us with a smile
no pressure, no hassle
I have been a loyal customer for years
I switched to them and never looked back

[service.event-]
they never called me back
they never called back
they never showed up
they showed up {number} hours late
they did not show up
they cancelled at the last minute
they don't return calls
they don't answer the phone
they do not answer emails
nobody answers the phone
I was on hold for {number} hours
I was on hold forever
I was transferred {number} times
I had to call {number} times
I had to do it myself
I had to take it somewhere else
I had to hire someone else
they broke my {object word}
they damaged my {object word}
they ruined my {object word}
they scratched my {object word}
they lost my {object word}
they did not fix anything
they did not fix the problem
they didn't fix it
they made it worse
they made the problem worse
they did a terrible job
they did a {plain adj-} job
he did a horrible job
she butchered my hair
she cut it too short
my hair fell out
my nails chipped the next day
it hurt for days
it still hurts
it still leaks
it is still broken
he did not listen
he didn't listen to me
she did not explain anything
he was {number} hours late
he talked down to me
she was rude to {someone}
he tried to sell me things I didn't need
they tried to sell me things I don't need
they tried to scam me
they took advantage of us
they took {number} months
they keep raising the price
they raised the price without telling us
they added hidden fees
there were hidden fees
they refused to give my deposit back
they kept my deposit
they sold my information
they sent me to collections
they charged my card {number} times
they charged my credit card twice
they canceled my order
they denied my claim
they denied everything
I am filing a complaint
I reported them
I will report them
I closed my account
I cancelled my membership
I switched to another company
the website crashed
the app keeps crashing
my package never came
my package was stolen
the box was crushed
it was delivered to the wrong house
the waiting room was full
I waited {number} hours to see the doctor
we waited {number} hours for nothing
my son hates going there

)";

}  // namespace sentiment
