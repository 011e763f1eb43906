module example.com/chat/exercises

go 1.26.0

replace example.com/chat => ../

require example.com/chat v0.0.0
